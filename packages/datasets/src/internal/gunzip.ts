import { checkUnpacked } from './unpack-limit.js'

/**
 * Inflate bytes that start with the magic bytes of gzip; other bytes are returned unchanged. It stops when there are more
 * than `maxBytes`.
 */
export async function gunzip(where: string, bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  const plain = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()
  const inflated = plain.pipeThrough(new DecompressionStream('gzip')).getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await inflated.read().catch(cause => {
      throw new RangeError(
        `${where}: bytes must be a whole gzip stream, got a damaged or truncated one of ${bytes.length} bytes.`,
        { cause },
      )
    })
    if (done) break
    chunks.push(value)
    size += value.length
    if (size > maxBytes) {
      await inflated.cancel()
      checkUnpacked(where, 'bytes', size, maxBytes)
    }
  }
  const out = new Uint8Array(size)
  for (let at = 0; chunks.length > 0; ) {
    const chunk = chunks.shift()!
    out.set(chunk, at)
    at += chunk.length
  }
  return out
}
