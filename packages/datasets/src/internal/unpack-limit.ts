/** The default of every `maxBytes`: a file may unpack to 64 MiB and 100 times its own size. */
export function defaultMaxBytes(fileBytes: number): number {
  return 2 ** 26 + 100 * fileBytes
}

/** A file that would take more memory than it may. */
export class TooLarge extends RangeError {}

/** Throw unless this many bytes may be unpacked. It is called before they are. */
export function checkUnpacked(where: string, name: string, bytes: number, maxBytes: number): void {
  if (bytes > maxBytes)
    throw new TooLarge(
      `${where}: ${name} must unpack to at most ${maxBytes} bytes, got ${bytes}. Raise maxBytes if you trust it.`,
    )
}
