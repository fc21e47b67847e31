import { type HostDtype, hostArrays } from '../../host-tensor.js'

/** PyTorch's storage classes, without the word Storage. */
const storages: Readonly<Record<string, HostDtype>> = {
  Bool: 'BOOL',
  Byte: 'U8',
  Char: 'I8',
  Short: 'I16',
  Half: 'F16',
  BFloat16: 'BF16',
  Int: 'I32',
  Float: 'F32',
  Long: 'I64',
  Double: 'F64',
  Untyped: 'U8',
}
/** The storage classes whose numbers this package doesn't read, and how many bytes their elements have. */
const unreadStorages: Readonly<Record<string, number>> = {
  ComplexFloat: 8,
  ComplexDouble: 16,
  QInt8: 1,
  QUInt8: 1,
  QInt32: 4,
  QUInt4x2: 1,
  QUInt2x4: 1,
}
/** PyTorch's dtypes. */
const dtypes: Readonly<Record<string, HostDtype>> = {
  bool: 'BOOL',
  uint8: 'U8',
  int8: 'I8',
  uint16: 'U16',
  int16: 'I16',
  float16: 'F16',
  bfloat16: 'BF16',
  uint32: 'U32',
  int32: 'I32',
  float32: 'F32',
  uint64: 'U64',
  int64: 'I64',
  float64: 'F64',
}

/** The elements of a storage class, such as torch.FloatStorage; undefined for another global. */
export function storageType(
  global: string,
): { dtype: HostDtype | (string & {}); width: number | undefined } | undefined {
  const [, name] = /^torch\.(?:storage\.|cuda\.)?(\w+)Storage$/.exec(global) ?? []
  if (name === undefined) return undefined
  const dtype = lookUp(storages, name)
  if (dtype) return { dtype, width: hostArrays[dtype].BYTES_PER_ELEMENT }
  return { dtype: `${name}Storage`, width: lookUp(unreadStorages, name) }
}

/** What a dtype of PyTorch is here; the name in PyTorch if this package doesn't read its numbers. */
export function torchDtype(global: string): HostDtype | (string & {}) {
  return lookUp(dtypes, /^torch\.(\w+)$/.exec(global)?.[1] ?? '') ?? global
}

export function isHostDtype(name: string): name is HostDtype {
  return Object.hasOwn(hostArrays, name)
}

function lookUp<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}
