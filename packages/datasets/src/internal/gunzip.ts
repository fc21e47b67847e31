/** Inflate bytes that start with the magic bytes of gzip; other bytes are returned unchanged. */
export async function gunzip(where: string, bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    const plain = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()
    const inflated = plain.pipeThrough(new DecompressionStream('gzip'))
    return new Uint8Array(await new Response(inflated).arrayBuffer())
  } catch (cause) {
    throw new RangeError(
      `${where}: bytes must be a whole gzip stream, got a damaged or truncated one of ${bytes.length} bytes.`,
      { cause },
    )
  }
}
