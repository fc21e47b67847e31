import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { checkOptions } from '@rectified-flow/core'

const BIG = 0xffffffff
/** 1 January 1980, the first date that a zip can hold. Its bytes must not depend on when it was written. */
const DATE = 0x21
const FLUSH_BYTES = 1 << 20

/**
 * Writes files one after the other into a zip, uncompressed, with ZIP64 where numbers are too large for zip. Compression
 * would save nothing: the files are PNG or noise.
 *
 * @see PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16
 */
export class ZipWriter {
  readonly #file: FileHandle
  #position: number
  #count = 0
  #directory = Buffer.allocUnsafe(1 << 16)
  #directoryLength = 0
  #pending: Buffer[] = []
  #pendingBytes = 0

  /**
   * @param file   open for writing, at its end; it stays open
   * @param start  the bytes that the file holds already: a zip may stand behind other data
   */
  constructor(file: FileHandle, options: { start?: number } = {}) {
    checkOptions<{ start?: number }>('datasets.ZipWriter', options, { start: 'optional' })
    const { start = 0 } = options
    this.#file = file
    this.#position = start
  }

  /** Add a file. Up to a megabyte waits in memory before it is written. */
  async add(name: string, bytes: Uint8Array): Promise<void> {
    const text = Buffer.from(name)
    const entry = Buffer.alloc(26) // the fields that the local header and the directory share
    entry.writeUInt16LE(20, 0)
    entry.writeUInt16LE(0x0800, 2) // names are UTF-8
    entry.writeUInt16LE(DATE, 8)
    entry.writeUInt32LE(crc32(bytes), 10)
    entry.writeUInt32LE(bytes.length, 14)
    entry.writeUInt32LE(bytes.length, 18)
    entry.writeUInt16LE(text.length, 22)
    this.#list(entry, text, this.#position)
    this.#put(signature('PK\x03\x04'), entry, text, Buffer.from(bytes))
    if (this.#pendingBytes >= FLUSH_BYTES) await this.#flush()
  }

  /** Write the directory. Nothing can be added after it. */
  async finish(): Promise<void> {
    const [start, length] = [this.#position, this.#directoryLength]
    this.#put(this.#directory.subarray(0, length))
    if (this.#count >= 0xffff || start >= BIG || length >= BIG) this.#putZip64End(start, length)
    const end = Buffer.alloc(18)
    end.writeUInt16LE(Math.min(this.#count, 0xffff), 4)
    end.writeUInt16LE(Math.min(this.#count, 0xffff), 6)
    end.writeUInt32LE(Math.min(length, BIG), 8)
    end.writeUInt32LE(Math.min(start, BIG), 12)
    this.#put(signature('PK\x05\x06'), end)
    await this.#flush()
  }

  #list(entry: Buffer, name: Buffer, offset: number): void {
    const wide = offset >= BIG
    const extra = Buffer.alloc(wide ? 12 : 0)
    const tail = Buffer.alloc(14) // comment, disk, attributes, offset
    if (wide) {
      entry.writeUInt16LE(extra.length, 24)
      extra.writeUInt16LE(1, 0)
      extra.writeUInt16LE(8, 2)
      extra.writeBigUInt64LE(BigInt(offset), 4)
    }
    tail.writeUInt32LE(wide ? BIG : offset, 10)
    for (const part of [signature('PK\x01\x02'), Buffer.from([20, 3]), entry, tail, name, extra]) {
      if (this.#directoryLength + part.length > this.#directory.length)
        this.#directory = Buffer.concat([this.#directory], 2 * this.#directory.length)
      this.#directoryLength += part.copy(this.#directory, this.#directoryLength)
    }
    entry.writeUInt16LE(0, 24) // a local header has no extra field
    this.#count++
  }

  #putZip64End(start: number, length: number): void {
    const record = Buffer.alloc(52)
    record.writeBigUInt64LE(44n, 0)
    record.writeUInt16LE(45, 8)
    record.writeUInt16LE(45, 10)
    for (const [at, value] of [
      [20, this.#count],
      [28, this.#count],
      [36, length],
      [44, start],
    ] as const)
      record.writeBigUInt64LE(BigInt(value), at)
    const locator = Buffer.alloc(16)
    locator.writeBigUInt64LE(BigInt(start + length), 4)
    locator.writeUInt32LE(1, 12)
    this.#put(signature('PK\x06\x06'), record, signature('PK\x06\x07'), locator)
  }

  #put(...parts: Buffer[]): void {
    for (const part of parts) {
      this.#pending.push(part)
      this.#pendingBytes += part.length
      this.#position += part.length
    }
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pending, this.#pendingBytes)
    this.#pending = []
    this.#pendingBytes = 0
    await this.#file.writeFile(bytes) // appends at the file's current position
  }
}

function signature(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}
