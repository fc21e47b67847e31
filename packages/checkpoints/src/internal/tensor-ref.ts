import { type HostDtype, type HostTensor, hostArrays, sizeOf } from '../host-tensor.js'
import { type UnreadTensor, unreadTensor } from '../unread-tensor.js'

/** A one-dimensional piece of memory that tensors are views of. */
export class StorageRef {
  /** Its bytes, once they are known. */
  bytes: Uint8Array | undefined
  constructor(
    readonly key: string,
    /** The type of its elements; a name that is none of HostDtype if this package doesn't read them. */
    readonly dtype: HostDtype | (string & {}),
    /** Bytes of an element; undefined if that isn't known. */
    readonly width: number | undefined,
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
    readonly dtype: HostDtype,
    /** What else must be done to the numbers: change their sign (a lazily negated view), or turn their bytes around. */
    readonly change: { negate?: boolean; swapBytes?: boolean } = {},
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

  /** The same text for two views of one storage that have the same numbers. */
  get view(): string {
    const { storage, offset, shape, strides, dtype, change } = this
    return [storage.start, offset, `[${shape}]`, `[${strides}]`, dtype, JSON.stringify(change)].join()
  }
}

/** A tensor that a pickle describes and this package doesn't read. */
export class UnreadRef {
  constructor(
    readonly dtype: string,
    readonly shape: number[] = [],
  ) {}

  read(where: string, name: string): UnreadTensor {
    return unreadTensor(where, name, this.dtype, this.shape)
  }
}

/** Arrays that move elements of each width without a look at their bits. As a number, a NaN could get other bits. */
const words = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array } as unknown as Readonly<
  Record<number, Uint32ArrayConstructor>
>

/**
 * The numbers of a tensor, row by row.
 *
 * @param bytes  the bytes of its storage; they start at a multiple of 8 in their buffer
 */
export function readTensorRef(where: string, name: string, ref: TensorRef, bytes: Uint8Array): HostTensor {
  const { dtype, shape, strides, offset, storage, change } = ref
  const array = hostArrays[dtype]
  const width = array.BYTES_PER_ELEMENT
  const end = storage.start + ref.reach * width
  if (end > bytes.length || storage.start % width)
    throw new RangeError(
      `${where}: '${name.slice(0, 200)}' must be within the ${bytes.length} bytes of its storage, got one that reaches to ${end}. The file may be truncated.`,
    )
  const view = [bytes.buffer, bytes.byteOffset + storage.start, (end - storage.start) / width] as const
  const source = new words[width]!(...view)
  const out = new words[width]!(sizeOf(shape))
  let run = 1
  let axes = shape.length
  // The last axes, as far as their numbers are contiguous, are copied in one run.
  while (axes > 0 && (shape[axes - 1] === 1 || strides[axes - 1] === run)) run *= shape[--axes]!
  const index = new Array<number>(axes).fill(0)
  let position = offset
  for (let to = 0; to < out.length; to += run) {
    if (run === 1) out[to] = source[position]!
    else out.set(source.subarray(position, position + run), to)
    for (let axis = axes - 1; axis >= 0; axis--) {
      position += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      position -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  if (change.swapBytes) swapBytes(out.buffer, width)
  const data = new array(out.buffer)
  if (change.negate) negate(dtype, data as Float32Array)
  return { dtype, shape: [...shape], data }
}

/** Turn the bytes of each element around. */
export function swapBytes(buffer: ArrayBufferLike, width: number): void {
  if (width === 1) return
  const bytes = new Uint8Array(buffer)
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse()
}

function negate(dtype: HostDtype, data: Float32Array): void {
  const half = dtype === 'F16' || dtype === 'BF16'
  for (let i = 0; i < data.length; i++) data[i] = half ? data[i]! ^ 0x8000 : -data[i]!
}
