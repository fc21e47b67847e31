import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { ReadableStream as NodeStream } from 'node:stream/web'
import { createGunzip } from 'node:zlib'
import { describe } from '@rectified-flow/core'
import { createTarDecoder, type ParsedTarEntry } from 'modern-tar'
import { checkUnpacked, defaultMaxBytes, TooLarge } from '../../internal/unpack-limit.js'
import { fileSize } from './named-file.js'

/**
 * Files of a tar archive, plain or gzip, in the order of the archive. Of the others only the names are read.
 *
 * @param wanted    says which files to read, by their names
 * @param maxBytes  the most bytes that the archive may unpack to; by default 64 MiB plus 100 times its size
 * @returns         the bytes of the wanted files, by name, and the names of all
 */
export async function tarFiles(
  where: string,
  path: string,
  { wanted, maxBytes: most }: { wanted: (name: string) => boolean; maxBytes?: number },
): Promise<{ files: Map<string, Uint8Array>; names: string[] }> {
  const maxBytes = most ?? defaultMaxBytes(await fileSize(where, 'path', path))
  const files = new Map<string, Uint8Array>()
  const names: string[] = []
  const bytes = unpacked(path, await isGzip(path), size =>
    checkUnpacked(where, describe(path), size, maxBytes),
  )
  const stream = NodeStream.from(bytes) as unknown as ReadableStream<Uint8Array>
  const entries = stream.pipeThrough(createTarDecoder({ strict: true }))
  try {
    for await (const { header, body } of entries as unknown as AsyncIterable<ParsedTarEntry>) {
      names.push(header.name)
      if (header.type === 'file' && wanted(header.name))
        files.set(header.name, new Uint8Array(await new Response(body).arrayBuffer()))
      else for await (const _ of body as unknown as AsyncIterable<Uint8Array>); // the decoder waits for ever on cancel()
    }
  } catch (cause) {
    if (cause instanceof TooLarge) throw cause
    throw new RangeError(
      `${where}: ${describe(path)} must be a whole tar archive, plain or gzip, got a damaged one (${(cause as Error).message}).`,
      { cause },
    )
  }
  return { files, names }
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await file.close()
  }
}

/**
 * The bytes of a file, inflated if it is gzip; `check` hears how many there were, and may throw. It doesn't use
 * Readable.toWeb: when a reader stops early, that throws an error in Node 20 and 22 which nobody can catch.
 */
async function* unpacked(
  path: string,
  gzip: boolean,
  check: (size: number) => void,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const packed = createReadStream(path)
  const chunks = gzip ? pipeline(packed, createGunzip(), () => {}) : packed // an error comes from the last stream
  let size = 0
  for await (const chunk of chunks as AsyncIterable<Uint8Array<ArrayBuffer>>) {
    size += chunk.length
    check(size)
    yield chunk
  }
}
