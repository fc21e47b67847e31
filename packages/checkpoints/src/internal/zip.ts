import { describe } from '@rectified-flow/core'
import type { FileEntry, Reader, ZipReader } from '@zip.js/zip.js'

/** Refuse files that two readers could understand differently; check CRC-32s. 'strict' would refuse PyTorch's files. */
const options = {
  strictness: 'balanced',
  checkLocalFilename: true,
  checkCrc32: true,
  checkOverlappingEntry: true,
  useWebWorkers: false,
} as const
/** The most members of a zip file of this size: zip.js takes about 7,500 bytes of memory for each. */
const mostMembers = (fileBytes: number) => 10_000 + Math.floor(fileBytes / 4000)
/** Deflate unpacks one byte to at most this many. */
const MAX_RATIO = 1032

/** A file inside a zip file. */
export interface ZipMember {
  name: string
  size: number
  /** All of its bytes, in a buffer of their own. */
  read(): Promise<Uint8Array<ArrayBuffer>>
  /** The same bytes, piece by piece. The reader may cancel the stream. */
  stream(): ReadableStream<Uint8Array>
}

/** A file that is read in pieces. */
export interface RandomAccess {
  size: number
  read(start: number, length: number): Promise<Uint8Array>
}

/**
 * The members of a zip file, ZIP64 included, by name. Before anything is unpacked, each size is checked against the most
 * that the member's bytes can unpack to, and the sum of the sizes against `maxBytes`.
 */
export async function openZip(
  where: string,
  file: Uint8Array | RandomAccess,
  maxBytes: number,
): Promise<Map<string, ZipMember>> {
  const zip = await import('@zip.js/zip.js') // fifty modules, which few programs need
  const reader = new zip.ZipReader(
    file instanceof Uint8Array ? new zip.Uint8ArrayReader(file) : piecewise(zip.Reader, file),
    options,
  )
  const most = mostMembers(file instanceof Uint8Array ? file.length : file.size)
  const members = new Map<string, ZipMember>()
  let total = 0
  let count = 0
  for await (const entry of entriesOf(where, reader)) {
    if (++count > most)
      throw new RangeError(`${where}: a zip file of this size must have at most ${most} members, got more.`)
    if (entry.directory) continue
    const { filename: name, uncompressedSize: size, compressedSize } = entry
    if (size > compressedSize * MAX_RATIO)
      throw new RangeError(
        `${where}: ${describe(name)} must unpack to at most ${MAX_RATIO} times its ${compressedSize} bytes, got ${size}.`,
      )
    if (members.has(name))
      throw new RangeError(`${where}: members' names must be unique, got ${describe(name)} twice.`)
    total += size
    members.set(name, {
      name,
      size,
      read: () => readMember(where, entry),
      stream: () => streamMember(where, entry),
    })
  }
  if (total > maxBytes)
    throw new RangeError(
      `${where}: the zip file must unpack to at most ${maxBytes} bytes, got ${total}. Raise maxBytes if you trust it.`,
    )
  return members
}

async function* entriesOf(where: string, reader: ZipReader<unknown>) {
  try {
    yield* reader.getEntriesGenerator()
  } catch (cause) {
    throw zipError(where, 'the file', cause)
  }
}

/** Reads a file piece by piece from disk, because it may be too large for memory. */
function piecewise(Base: typeof Reader, file: RandomAccess): Reader<RandomAccess> {
  class PiecewiseReader extends Base<RandomAccess> {
    override size = file.size

    override readUint8Array(index: number, length: number): Promise<Uint8Array> {
      return file.read(index, Math.max(0, Math.min(length, file.size - index)))
    }
  }
  return new PiecewiseReader(file)
}

async function readMember(where: string, entry: FileEntry): Promise<Uint8Array<ArrayBuffer>> {
  const { filename, uncompressedSize } = entry
  let bytes: Uint8Array<ArrayBuffer> | undefined
  let position = 0
  const sink = new WritableStream<Uint8Array>({
    write(chunk) {
      // Memory is taken when the first bytes come: a broken file may give a wrong size.
      bytes ??= new Uint8Array(uncompressedSize)
      bytes.set(chunk, position)
      position += chunk.length
    },
  })
  try {
    await entry.getData(sink)
  } catch (cause) {
    throw zipError(where, describe(filename), cause)
  }
  if (position !== uncompressedSize)
    throw new RangeError(
      `${where}: ${describe(filename)} must have ${uncompressedSize} bytes, got ${position}.`,
    )
  return bytes ?? new Uint8Array(0)
}

function streamMember(where: string, entry: FileEntry): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const sink = new WritableStream<Uint8Array>({
    write: chunk => writer.write(chunk),
    close: () => writer.close(),
    abort: reason => writer.abort(zipError(where, describe(entry.filename), reason)),
  })
  entry
    .getData(sink)
    .catch(cause => writer.abort(zipError(where, describe(entry.filename), cause)).catch(() => {}))
  writer.closed.catch(() => {})
  return readable
}

function zipError(where: string, name: string, cause: unknown): RangeError {
  if (cause instanceof RangeError && cause.message.startsWith(where)) return cause
  // When a reader cancels its stream there is no cause.
  const { message, reason } = (cause ?? {}) as { message?: string; reason?: string }
  const got = [message ?? describe(cause), reason].filter(Boolean).join(': ')
  return new RangeError(`${where}: ${name} must be whole and unambiguous as zip, got '${got}'.`, { cause })
}
