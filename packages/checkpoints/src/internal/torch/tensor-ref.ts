import { type HostDtype, type HostTensor, hostArrays, sizeOf } from '../../host-tensor.js'

/** PyTorch's storage classes. */
const storageDtypes: Readonly<Record<string, HostDtype>> = {
  BoolStorage: 'BOOL',
  ByteStorage: 'U8',
  CharStorage: 'I8',
  ShortStorage: 'I16',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  IntStorage: 'I32',
  FloatStorage: 'F32',
  LongStorage: 'I64',
  DoubleStorage: 'F64',
  UntypedStorage: 'U8',
}
/** PyTorch's dtypes. */
const torchDtypes: Readonly<Record<string, HostDtype>> = {
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

/** The dtype that a global of PyTorch stands for. */
export function torchDtype(name: string): HostDtype | undefined {
  const [, storage, dtype] = /^torch\.(?:storage\.)?(?:(\w+Storage)|(\w+))$/.exec(name) ?? []
  if (storage !== undefined) return Object.hasOwn(storageDtypes, storage) ? storageDtypes[storage] : undefined
  return dtype !== undefined && Object.hasOwn(torchDtypes, dtype) ? torchDtypes[dtype] : undefined
}

/** A one-dimensional piece of memory that tensors are views of. */
export class StorageRef {
  /** Its bytes, once they are known. */
  bytes: Uint8Array | undefined
  constructor(
    readonly key: string,
    readonly dtype: HostDtype,
    /** In elements. */
    readonly length: number,
    /** Where this piece starts in the storage that has the key, in bytes. */
    readonly start = 0,
  ) {}
}

/** A view of a storage. Offset and strides are in elements. */
export class TensorRef {
  constructor(
    readonly storage: StorageRef,
    readonly offset: number,
    readonly shape: number[],
    readonly strides: number[],
    readonly dtype: HostDtype = storage.dtype,
  ) {}

  /** How many bytes its numbers take. */
  get byteLength(): number {
    return sizeOf(this.shape) * hostArrays[this.dtype].BYTES_PER_ELEMENT
  }

  /** One more than the index of the last element of the storage that it uses. */
  get reach(): number {
    if (this.shape.includes(0)) return this.offset
    return this.shape.reduce((last, size, axis) => last + (size - 1) * this.strides[axis]!, this.offset) + 1
  }
}

/** The numbers of a tensor, row by row, copied from `bytes`, the bytes of its storage. */
export function readTensorRef(where: string, name: string, ref: TensorRef, bytes: Uint8Array): HostTensor {
  const { dtype, shape, strides, offset, storage } = ref
  const array = hostArrays[dtype]
  const width = array.BYTES_PER_ELEMENT
  const from = storage.start + offset * width
  const end = storage.start + ref.reach * width
  if (end > bytes.length)
    throw new RangeError(
      `${where}: '${name}' must be within the ${bytes.length} bytes of its storage, got one that reaches to ${end}. The file may be truncated.`,
    )
  const size = sizeOf(shape)
  let run = 1
  let axes = shape.length
  // The last axes, as far as their numbers are contiguous, are copied in one run.
  while (axes > 0 && (shape[axes - 1] === 1 || strides[axes - 1] === run)) run *= shape[--axes]!
  const out = new Uint8Array(size * width)
  if (size > 0) {
    const index = new Array<number>(axes).fill(0)
    let position = from
    for (let to = 0; to < out.length; to += run * width) {
      out.set(bytes.subarray(position, position + run * width), to)
      for (let axis = axes - 1; axis >= 0; axis--) {
        position += strides[axis]! * width
        if (++index[axis]! < shape[axis]!) break
        position -= strides[axis]! * shape[axis]! * width
        index[axis] = 0
      }
    }
  }
  return { dtype, shape: [...shape], data: new array(out.buffer) }
}
