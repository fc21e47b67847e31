import { describe } from '@rectified-flow/core'
import { type HostTensor, hostArrays } from './host-tensor.js'
import { asBytes } from './internal/as-bytes.js'
import { type NpyHeader, parseNpyHeader } from './internal/npy-header.js'
import { swapBytes } from './internal/tensor-ref.js'

const WHERE = 'checkpoints.readNpy'

/**
 * Read a .npy file of numbers: format versions 1 to 3, C and Fortran order, either byte order. The result is always
 * row-major. Arrays of objects, text, records, complex numbers and long doubles are refused.
 */
export function readNpy(bytes: Uint8Array | ArrayBuffer): HostTensor {
  return decodeNpy(WHERE, asBytes(WHERE, bytes))
}

/** `readNpy` for another function, whose name `where` the errors start with. */
export function decodeNpy(where: string, file: Uint8Array): HostTensor {
  const header = parseNpyHeader(where, file)
  const rest = file.length - header.dataStart
  if (rest !== header.dataBytes)
    throw new RangeError(
      `${where}: ${header.dtype} ${describe(header.shape)} must have ${header.dataBytes} bytes after the header, got ${rest}.`,
    )
  return decodeNumbers(header, file.subarray(header.dataStart))
}

/** The numbers of an array, copied from its bytes to row-major order and this machine's byte order. */
export function decodeNumbers(
  { dtype, shape, fortran, bigEndian }: NpyHeader,
  source: Uint8Array,
): HostTensor {
  const array = hostArrays[dtype]
  const bytes = new Uint8Array(source) // a copy, because the file's own bytes may not be aligned
  if (bigEndian) swapBytes(bytes.buffer, array.BYTES_PER_ELEMENT)
  const data = new array(bytes.buffer)
  return { dtype, shape: [...shape], data: fortran && shape.length > 1 ? rowMajor(shape, data) : data }
}

/** Reorder numbers that are stored columns first, so that rows come first. */
function rowMajor(shape: readonly number[], columns: HostTensor['data']): HostTensor['data'] {
  const rows = columns.slice()
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1))
  const index = shape.map(() => 0)
  let from = 0
  for (let to = 0; to < rows.length; to++) {
    rows[to] = columns[from]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      from -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return rows
}
