import type { FileHandle } from 'node:fs/promises'
import { describe } from '@rectified-flow/core'

/** A zip's central directory: its bytes, and the numbers of its entries that reading needs, in one array per field. */
export interface ZipDirectory {
  bytes: Buffer
  nameStarts: Uint32Array
  nameLengths: Uint16Array
  /** Where an entry's local header begins in the file. */
  offsets: Float64Array
  /** Bytes that each entry takes in the file (`packed`) and after inflation (`sizes`). */
  packed: Float64Array
  sizes: Float64Array
  crcs: Uint32Array
  methods: Uint16Array
}

const END = 22
const MAX_COMMENT = 0xffff
/** The two parts of a ZIP64 directory's end. */
const LOCATOR = 20
const RECORD = 56
const BIG = 0xffffffff

/**
 * Read a zip's central directory, the ZIP64 one if the zip has it.
 *
 * @see PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16
 */
export async function readDirectory(path: string, file: FileHandle): Promise<ZipDirectory> {
  const refuse = (why: string) =>
    new RangeError(`datasets.openZip: ${describe(path)} must be a zip file, got ${why}.`)
  const { size } = await file.stat()
  const { count, start, length, shift } = await findDirectory(file, size, refuse)
  if (start < 0 || shift < 0 || length < count * 46) throw refuse('a damaged or truncated one')
  const bytes = Buffer.allocUnsafe(length)
  await file.read(bytes, 0, length, start)

  const directory: ZipDirectory = {
    bytes,
    nameStarts: new Uint32Array(count),
    nameLengths: new Uint16Array(count),
    offsets: new Float64Array(count),
    packed: new Float64Array(count),
    sizes: new Float64Array(count),
    crcs: new Uint32Array(count),
    methods: new Uint16Array(count),
  }
  let at = 0
  for (let i = 0; i < count; i++) {
    if (at + 46 > length || bytes.readUInt32LE(at) !== 0x02014b50)
      throw refuse(`a damaged directory at entry ${i}`)
    if (bytes.readUInt16LE(at + 8) & 1) throw refuse(`an encrypted entry, ${i}`)
    const name = bytes.readUInt16LE(at + 28)
    const extra = bytes.readUInt16LE(at + 30)
    const comment = bytes.readUInt16LE(at + 32)
    directory.nameStarts[i] = at + 46
    directory.nameLengths[i] = name
    directory.methods[i] = bytes.readUInt16LE(at + 10)
    directory.crcs[i] = bytes.readUInt32LE(at + 16)
    directory.packed[i] = bytes.readUInt32LE(at + 20)
    directory.sizes[i] = bytes.readUInt32LE(at + 24)
    directory.offsets[i] = bytes.readUInt32LE(at + 42)
    const next = at + 46 + name + extra + comment
    const wide = next <= length && widen(directory, i, at + 46 + name, extra)
    directory.offsets[i]! += shift
    if (!wide || directory.offsets[i]! + directory.packed[i]! > size)
      throw refuse(`a damaged directory at entry ${i}`)
    at = next
  }
  return directory
}

/**
 * Read from the extra field those sizes and offsets of an entry that don't fit in 32 bits; only those are there.
 *
 * @returns  false if the field is not whole
 */
function widen(
  { bytes, sizes, packed, offsets }: ZipDirectory,
  i: number,
  start: number,
  length: number,
): boolean {
  const lacking = [sizes, packed, offsets].filter(values => values[i] === BIG)
  if (lacking.length === 0) return true
  const end = start + length
  for (let at = start; at + 4 <= end; at += 4 + bytes.readUInt16LE(at + 2)) {
    if (bytes.readUInt16LE(at) !== 1) continue
    if (at + 4 + 8 * lacking.length > end) return false
    for (const [k, values] of lacking.entries()) values[i] = Number(bytes.readBigUInt64LE(at + 4 + 8 * k))
    return true
  }
  return true
}

/**
 * Where the directory is. Its end stands right before its end record, also where the offsets in the zip are too small,
 * because other bytes were put before it (a program that unpacks itself): by `shift`, which entries need too.
 */
async function findDirectory(
  file: FileHandle,
  size: number,
  refuse: (why: string) => RangeError,
): Promise<{ count: number; start: number; length: number; shift: number }> {
  const tail = Buffer.alloc(Math.min(size, END + MAX_COMMENT + LOCATOR + RECORD))
  await file.read(tail, 0, tail.length, size - tail.length)
  let end = tail.length - END
  while (end >= 0 && tail.readUInt32LE(end) !== 0x06054b50) end--
  if (end < 0) throw refuse('no end of a directory: another kind of file, or a truncated one')
  const place = (at: number, [count, length, start]: readonly number[]) => {
    const found = size - tail.length + at - length!
    return { count: count!, length: length!, start: found, shift: found - start! }
  }
  const small = [tail.readUInt16LE(end + 10), tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)]
  if (small[0] !== 0xffff && small[1] !== BIG && small[2] !== BIG) return place(end, small)
  const locator = end - LOCATOR
  if (locator < 0 || tail.readUInt32LE(locator) !== 0x07064b50) return place(end, small)
  const record = locator - RECORD
  if (record < 0 || tail.readUInt32LE(record) !== 0x06064b50) throw refuse('a damaged ZIP64 directory')
  return place(
    record,
    [32, 40, 48].map(field => Number(tail.readBigUInt64LE(record + field))),
  )
}
