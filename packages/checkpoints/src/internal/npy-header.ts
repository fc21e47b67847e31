import { describe } from '@rectified-flow/core'
import { type HostDtype, hostArrays, MAX_AXES, sizeOf } from '../host-tensor.js'
import { UnreadTensor } from '../unread-tensor.js'

/** The default limit of np.load. */
const MAX_HEADER_BYTES = 10_000
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

/** NumPy's codes for the dtypes, without the byte order. NumPy has no bfloat16. */
export const npyCodes: Readonly<Partial<Record<HostDtype, string>>> = {
  BOOL: 'b1',
  U8: 'u1',
  I8: 'i1',
  U16: 'u2',
  I16: 'i2',
  F16: 'f2',
  U32: 'u4',
  I32: 'i4',
  F32: 'f4',
  U64: 'u8',
  I64: 'i8',
  F64: 'f8',
}

/** How an array is stored in a .npy file. */
export interface NpyHeader {
  dtype: HostDtype
  shape: number[]
  /** Whether the numbers are stored columns first (Fortran order). */
  fortran: boolean
  bigEndian: boolean
  /** Where the numbers start. */
  dataStart: number
  /** How many bytes of numbers there are. */
  dataBytes: number
}

/** A whole header of an array that is none of numbers, or of numbers that this package doesn't read. */
export class NpyDtypeError extends RangeError {
  readonly #descr: string
  readonly #shape: number[]

  constructor(message: string, descr: string, shape: number[]) {
    super(message)
    this.#descr = descr
    this.#shape = shape
  }

  get array(): UnreadTensor {
    return new UnreadTensor(this.#descr, this.#shape, this.message)
  }
}

/** How many bytes `parseNpyHeader` needs from the start of a file; the first 12 bytes tell. */
export function npyHeaderBytes(where: string, start: Uint8Array): number {
  if (start.length < 12 || MAGIC.some((byte, i) => start[i] !== byte))
    throw new RangeError(`${where}: the first bytes must be \\x93NUMPY and a header, got others.`)
  const version = start[6]!
  if (version < 1 || version > 3)
    throw new RangeError(`${where}: the format's version must be 1, 2 or 3, got ${version}.`)
  const view = new DataView(start.buffer, start.byteOffset)
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (length > MAX_HEADER_BYTES)
    throw new RangeError(`${where}: the header must have at most ${MAX_HEADER_BYTES} bytes, got ${length}.`)
  return (version === 1 ? 10 : 12) + length
}

/**
 * The header of a .npy file: the literal of a Python dict with `descr`, `fortran_order` and `shape`. Other text is refused.
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function parseNpyHeader(where: string, file: Uint8Array): NpyHeader {
  const dataStart = npyHeaderBytes(where, file)
  if (file.length < dataStart)
    throw new RangeError(
      `${where}: the header must have ${dataStart} bytes, got ${file.length}. The file may be truncated.`,
    )
  const text = String.fromCharCode(...file.subarray(file[6] === 1 ? 10 : 12, dataStart)).trim()
  const fields = readFields(text)
  const field = (name: string, value: RegExp) => {
    const found = fields.get(name)
    if (found && value.test(found)) return found
    throw new RangeError(
      `${where}: the header must have ${name} as NumPy writes it for an array of numbers, got '${text.slice(0, 200)}'.`,
    )
  }
  const descr = field('descr', /^['"]/).slice(1, -1)
  const [order, code] = [descr.slice(0, 1), descr.slice(1)]
  const dtype = (Object.keys(npyCodes) as HostDtype[]).find(
    name => npyCodes[name] === code || (code === '?' && name === 'BOOL'),
  )
  const fortran = field('fortran_order', /^[TF]/) === 'True'
  const shape = (field('shape', /^\(/).match(/\d+/g) ?? []).map(Number)
  if (shape.length > MAX_AXES)
    throw new RangeError(`${where}: shape must have at most ${MAX_AXES} axes, got ${shape.length}.`)
  if (!dtype || !'<>|='.includes(order))
    throw new NpyDtypeError(
      `${where}: descr must be a boolean, an integer of 1 to 8 bytes or a float of 2 to 8 bytes, got '${descr.slice(0, 80)}'.`,
      descr,
      shape,
    )
  const dataBytes = sizeOf(shape) * hostArrays[dtype].BYTES_PER_ELEMENT
  if (!Number.isSafeInteger(dataBytes))
    throw new RangeError(`${where}: shape must be of a size that fits in memory, got ${describe(shape)}.`)
  return { dtype, shape, fortran, bigEndian: order === '>', dataStart, dataBytes }
}

/** The fields of a dict of texts, booleans and tuples of sizes, as text; none if the text is anything else. */
function readFields(text: string): Map<string, string> {
  const fields = new Map<string, string>()
  // Each part ends where the next can't begin, and each match begins where the last one ended: the time is linear.
  const field =
    /\s*(?:'(\w+)'|"(\w+)")\s*:\s*('[^']*'|"[^"]*"|True|False|\((?:\s*\d+L?\s*,)*(?:\s*\d+L?)?\s*\))\s*(?:,|(?=\}))/y
  field.lastIndex = 1
  let end = 1
  for (let found = field.exec(text); found; found = field.exec(text)) {
    fields.set((found[1] ?? found[2])!, found[3]!)
    end = field.lastIndex
  }
  return text.startsWith('{') && /^\s*\}$/.test(text.slice(end)) ? fields : new Map()
}
