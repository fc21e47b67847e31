/** The type that a tensor's numbers are stored in. The names are those of safetensors. */
export type HostDtype =
  | 'BOOL'
  | 'U8'
  | 'I8'
  | 'U16'
  | 'I16'
  | 'F16'
  | 'BF16'
  | 'U32'
  | 'I32'
  | 'F32'
  | 'U64'
  | 'I64'
  | 'F64'

export type HostData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | BigUint64Array
  | BigInt64Array
  | Float64Array

/** A tensor in the memory of the host; it needs no backend. F16 and BF16 are kept as their bits. */
export interface HostTensor {
  dtype: HostDtype
  shape: number[]
  /** Row-major; F16 and BF16 as Uint16Array, BOOL as Uint8Array. Of an UnreadTensor it throws. */
  data: HostData
}

interface HostArray {
  new (buffer: ArrayBuffer): HostData
  readonly BYTES_PER_ELEMENT: number
}

/** The array that holds each dtype. */
export const hostArrays: Readonly<Record<HostDtype, HostArray>> = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  U16: Uint16Array,
  I16: Int16Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  U32: Uint32Array,
  I32: Int32Array,
  F32: Float32Array,
  U64: BigUint64Array,
  I64: BigInt64Array,
  F64: Float64Array,
}

/** No tensor of PyTorch or NumPy has more axes. */
export const MAX_AXES = 64

/** Product of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, axis) => size * axis, 1)
}
