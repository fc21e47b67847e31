/**
 * The files in a tar archive, as views of it.
 *
 * @see POSIX.1-1988, ustar: a header of 512 bytes (name at 0, size in octal at 124, kind at 156), data in blocks of 512
 */
export function tarFiles(where: string, archive: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>()
  const text = (start: number, length: number) =>
    String.fromCharCode(...archive.subarray(start, start + length)).replace(/[\0 ].*$/s, '')
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const name = text(at, 100)
    const size = Number.parseInt(text(at + 124, 12), 8)
    if (!(size >= 0) || at + 512 + size > archive.length)
      throw new RangeError(
        `${where}: the archive must hold all of '${name}', got a damaged or truncated one.`,
      )
    const kind = archive[at + 156]
    if (kind === 0 || kind === 48) files.set(name, archive.subarray(at + 512, at + 512 + size))
    at += 512 + Math.ceil(size / 512) * 512
  }
  return files
}
