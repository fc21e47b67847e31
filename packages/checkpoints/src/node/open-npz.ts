import { checkInt, describe } from '@rectified-flow/core'
import { type HostDtype, type HostTensor, hostArrays, sizeOf } from '../host-tensor.js'
import { type NpyHeader, npyHeaderBytes, parseNpyHeader } from '../internal/npy-header.js'
import { openZip, type ZipMember } from '../internal/zip.js'
import { decodeNumbers } from '../read-npy.js'
import { arrayMembers, unreadArray } from '../read-npz.js'
import { UnreadTensor } from '../unread-tensor.js'
import { RandomAccessFile } from './random-access-file.js'

const WHERE = 'checkpoints.openNpz'

/** An .npz file on disk, whose arrays need not fit in memory. */
export interface NpzFile {
  /** The dtypes and shapes of the arrays, by name. */
  arrays: ReadonlyMap<string, { dtype: HostDtype; shape: number[] }>
  /** One array, whole. */
  read(name: string): Promise<HostTensor>
  /** One array, `size` rows (along its first axis) at a time; the last piece may be shorter. */
  rows(name: string, size: number): AsyncGenerator<HostTensor, void>
  close(): Promise<void>
}

interface NpzArray {
  member: ZipMember
  header: NpyHeader
}

/**
 * Open an .npz file. This reads only the headers of its arrays; `read` and `rows` read their numbers. Arrays that `readNpy`
 * refuses, such as text, are listed by their dtype and refused when they are read.
 */
export async function openNpz(path: string): Promise<NpzFile> {
  const file = await RandomAccessFile.open(WHERE, path)
  try {
    return await file.named(() => describeFile(file))
  } catch (error) {
    await file.close()
    throw error
  }
}

async function describeFile(file: RandomAccessFile): Promise<NpzFile> {
  const members = arrayMembers(WHERE, await openZip(WHERE, file, Infinity))
  const arrays = new Map<string, NpzArray | UnreadTensor>()
  for (const [name, member] of members)
    arrays.set(
      name,
      await readHeader(`${WHERE}: '${name}'`, member).then(
        header => ({ member, header }),
        error => unreadArray(error).saying(file.whichFile),
      ),
    )
  const find = (name: string): NpzArray => {
    const found = arrays.get(name)
    if (!found)
      throw new RangeError(
        `${WHERE}: name must be one of ${[...arrays.keys()].slice(0, 8).join(', ')}, got ${describe(name)}.`,
      )
    if (found instanceof UnreadTensor) throw found.error
    return found
  }
  return {
    arrays: new Map(
      Array.from(arrays, ([name, found]) => {
        const { dtype, shape } = found instanceof UnreadTensor ? found : found.header
        return [name, { dtype, shape }]
      }),
    ),
    read: name =>
      file.named(async () => {
        const { member, header } = find(name)
        return decodeNumbers(header, (await member.read()).subarray(header.dataStart))
      }),
    rows(name, size) {
      const { member, header } = find(name)
      checkInt(`${WHERE}.rows`, 'size', size, 1)
      if (header.shape.length === 0 || (header.fortran && header.shape.length > 1))
        throw new RangeError(
          `${WHERE}.rows: '${name}' must be stored row by row, got ${header.fortran ? 'columns first' : 'a scalar'}. Use read.`,
        )
      return named(file, streamRows(member, header, size))
    },
    close: () => file.close(),
  }
}

async function readHeader(where: string, member: ZipMember): Promise<NpyHeader> {
  let start = new Uint8Array(0)
  for await (const chunk of chunks(member)) {
    start = Uint8Array.of(...start, ...chunk.subarray(0, 12_000))
    if (start.length >= 12 && start.length >= npyHeaderBytes(where, start)) break
  }
  const header = parseNpyHeader(where, start)
  if (header.dataStart + header.dataBytes !== member.size)
    throw new RangeError(
      `${where}: ${header.dtype} ${describe(header.shape)} must have ${header.dataBytes} bytes after the header, got ${member.size - header.dataStart}.`,
    )
  return header
}

/** The bytes of a member, piece by piece. */
const chunks = (member: ZipMember) => member.stream() as unknown as AsyncIterable<Uint8Array>

/** The same pieces; an error on the way to one names the file. */
async function* named<T>(file: RandomAccessFile, pieces: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  try {
    for (;;) {
      const { done, value } = await file.named(() => pieces.next())
      if (done) return
      yield value
    }
  } finally {
    await pieces.return()
  }
}

async function* streamRows(member: ZipMember, header: NpyHeader, size: number) {
  const { shape, dtype, dataStart } = header
  const rowBytes = sizeOf(shape.slice(1)) * hostArrays[dtype].BYTES_PER_ELEMENT
  let left = shape[0]!
  const piece = (rows: number, bytes: Uint8Array) =>
    decodeNumbers({ ...header, fortran: false, shape: [rows, ...shape.slice(1)] }, bytes)
  let buffer = new Uint8Array(Math.min(size, left) * rowBytes)
  let filled = 0
  let skip = dataStart
  for await (let chunk of chunks(member)) {
    const skipped = Math.min(skip, chunk.length)
    skip -= skipped
    chunk = chunk.subarray(skipped)
    while (chunk.length > 0 && left > 0) {
      const part = chunk.subarray(0, buffer.length - filled)
      buffer.set(part, filled)
      filled += part.length
      chunk = chunk.subarray(part.length)
      if (filled < buffer.length) break
      const rows = filled / rowBytes
      yield piece(rows, buffer)
      left -= rows
      filled = 0
      if (left < size) buffer = new Uint8Array(left * rowBytes)
    }
  }
  // Rows without bytes (an axis of 0): the loop above got nothing, but there are rows to give.
  for (; rowBytes === 0 && left > 0; left -= size) yield piece(Math.min(size, left), buffer)
}
