import type { FileHandle } from 'node:fs/promises'
import { promisify } from 'node:util'
import { crc32, inflateRaw } from 'node:zlib'
import { checkOptions, describe } from '@rectified-flow/core'
import { checkUnpacked, defaultMaxBytes } from '../internal/unpack-limit.js'
import { openNamedFile } from './internal/named-file.js'
import { readDirectory, type ZipDirectory } from './internal/zip-directory.js'

const READ = 'datasets.ZipReader.read'
const inflate = promisify(inflateRaw)
/** The longest extra field of a local header, in bytes, that is read along with the data. A longer one takes two reads. */
const SLACK = 64

/**
 * The files in a zip (ZIP64 too), by position in its directory. The directory is kept as its bytes and a few numbers for
 * each entry, so that a million entries open in a fraction of a second and take some 90 MB.
 */
export class ZipReader {
  readonly #file: FileHandle
  readonly #directory: ZipDirectory

  readonly count: number

  private constructor(
    readonly path: string,
    file: FileHandle,
    directory: ZipDirectory,
  ) {
    this.#file = file
    this.#directory = directory
    this.count = directory.offsets.length
  }

  static async open(path: string): Promise<ZipReader> {
    const file = await openNamedFile('datasets.openZip', 'path', path)
    try {
      return new ZipReader(path, file, await readDirectory(path, file))
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Name of entry i; the name of a folder ends with '/'. */
  name(i: number): string {
    const { bytes, nameStarts, nameLengths } = this.#directory
    const start = nameStarts[i]!
    return bytes.toString('utf8', start, start + nameLengths[i]!)
  }

  /** The name of entry i, without its extension, as a number: '00012.png' is 12. -1 if it is no number. */
  numberOf(i: number): number {
    const { bytes, nameStarts, nameLengths } = this.#directory
    const start = nameStarts[i]!
    const end = start + nameLengths[i]!
    let value = 0
    for (let at = start; at < end; at++) {
      const digit = bytes[at]! - 48
      if (digit < 0 || digit > 9) return bytes[at] === 46 && at > start ? value : -1
      value = value * 10 + digit
    }
    return -1
  }

  /**
   * The bytes of entry i; their CRC is checked.
   *
   * @param maxBytes  the most bytes that an entry may have; by default 64 MiB plus 100 times its bytes in the zip
   */
  async read(i: number, options: { maxBytes?: number } = {}): Promise<Buffer> {
    checkOptions<{ maxBytes?: number }>('datasets.ZipReader.read', options, { maxBytes: 'optional' })
    const { maxBytes } = options
    const { offsets, packed, sizes, crcs, methods, nameLengths } = this.#directory
    const [offset, length, size] = [offsets[i]!, packed[i]!, sizes[i]!]
    checkUnpacked(READ, this.#entry(i), size, maxBytes ?? defaultMaxBytes(length))
    const guess = 30 + nameLengths[i]! + SLACK + length
    const chunk = Buffer.allocUnsafe(guess)
    const { bytesRead } = await this.#file.read(chunk, 0, guess, offset)
    if (bytesRead < 30 || chunk.readUInt32LE(0) !== 0x04034b50)
      throw this.#damaged(i, 'its local header is not there')
    const start = 30 + chunk.readUInt16LE(26) + chunk.readUInt16LE(28)
    let data = chunk.subarray(start, start + length)
    if (start + length > guess) {
      data = Buffer.allocUnsafe(length)
      await this.#file.read(data, 0, length, offset + start)
    } else if (start + length > bytesRead) throw this.#damaged(i, 'it ends early')
    if (methods[i] === 8)
      data = await inflate(data, { maxOutputLength: size + 1 }).catch(error => {
        throw this.#damaged(i, (error as Error).message)
      })
    else if (methods[i] !== 0) throw this.#damaged(i, `compression method ${methods[i]} is not known`)
    if (data.length !== size || crc32(data) !== crcs[i]) throw this.#damaged(i, 'its checksum is wrong')
    return data
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  #damaged(i: number, why: string): RangeError {
    return new RangeError(`${READ}: ${this.#entry(i)} must be whole, got a damaged entry: ${why}.`)
  }

  #entry(i: number): string {
    return `${describe(this.name(i))} of ${describe(this.path)}`
  }
}
