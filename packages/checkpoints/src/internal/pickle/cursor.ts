/** Numbers and names in a checkpoint are far shorter. The cost of converting a longer one grows faster than its length. */
const MAX_LINE_BYTES = 1000

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A complete description of what is wrong with a file. Callers pass it on unchanged. */
export class FileError extends RangeError {}

/** A position in a file. Every read is first checked against the file's end. */
export class Cursor {
  readonly #view: DataView
  constructor(
    readonly where: string,
    readonly bytes: Uint8Array,
    public at = 0,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** The error to throw: the rule, what was found instead, and at which byte. */
  error(rule: string, got: string, cause?: unknown): FileError {
    return new FileError(`${this.where}: ${rule}, got ${got} at byte ${this.at}.`, { cause })
  }

  /** The next bytes, as a view. */
  take(length: number): Uint8Array {
    const left = this.bytes.length - this.at
    if (length > left) throw this.error('the file must go on', `${left} bytes where ${length} were expected`)
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  uint8(): number {
    this.take(1)
    return this.#view.getUint8(this.at - 1)
  }
  uint16(): number {
    this.take(2)
    return this.#view.getUint16(this.at - 2, true)
  }
  uint32(): number {
    this.take(4)
    return this.#view.getUint32(this.at - 4, true)
  }
  int32(): number {
    return this.uint32() | 0
  }
  float64(): number {
    this.take(8)
    return this.#view.getFloat64(this.at - 8)
  }
  /** An unsigned 64-bit length. Above 2^53 it is rounded, but such a length is past the end of any file anyway. */
  uint64(): number {
    this.take(8)
    return Number(this.#view.getBigUint64(this.at - 8, true))
  }

  /** Text in UTF-8. Other bytes, such as Python's lone surrogates, become U+FFFD: no tensor's name has them. */
  text(length: number): string {
    return decoder.decode(this.take(length))
  }

  /** Python 2's strings, which hold text or bytes: bytes, unless they are UTF-8. */
  textOrBytes(length: number): string | Uint8Array {
    const bytes = this.take(length)
    try {
      return strictDecoder.decode(bytes)
    } catch {
      return bytes
    }
  }

  /** The text up to the next newline, without the newline. */
  line(): string {
    const end = this.bytes.subarray(this.at, this.at + MAX_LINE_BYTES).indexOf(10)
    if (end < 0) throw this.error(`a line must end within ${MAX_LINE_BYTES} bytes`, 'none that does')
    const line = this.text(end)
    this.at++
    return line
  }

  /** A little-endian signed integer. */
  integer(length: number): number | bigint {
    if (length > MAX_LINE_BYTES)
      throw this.error(`an integer must have at most ${MAX_LINE_BYTES} bytes`, `${length}`)
    const bytes = this.take(length)
    if (length === 0) return 0
    let value = 0n
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!)
    return narrow(BigInt.asIntN(8 * length, value))
  }
}

/** The value as a number if a number holds it exactly, else the bigint. */
export function narrow(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
