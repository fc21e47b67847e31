import { type FileHandle, open, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { checkText } from '@rectified-flow/core'
import type { RandomAccess } from '../internal/zip.js'

/** A file on disk that is read in pieces. */
export class RandomAccessFile implements RandomAccess {
  readonly #where: string
  readonly #path: string
  readonly #file: FileHandle

  private constructor(
    where: string,
    path: string,
    file: FileHandle,
    readonly size: number,
  ) {
    this.#where = where
    this.#path = path
    this.#file = file
  }

  static async open(where: string, path: string): Promise<RandomAccessFile> {
    checkText(where, 'path', path)
    const full = resolve(path)
    const refuse = (cause: NodeJS.ErrnoException) => {
      const hint =
        cause.code === 'ENOENT' ? ' Relative paths start at the working directory.' : ` (${cause.code})`
      throw new RangeError(`${where}: path must name an existing file, got '${full}'.${hint}`, { cause })
    }
    // Not by its handle: to open a pipe would wait for its writer.
    const found = await stat(full).catch(refuse)
    if (!found.isFile())
      throw new RangeError(
        `${where}: path must name a file, got ${found.isDirectory() ? 'the folder' : 'a device or pipe'} '${full}'.`,
      )
    return new RandomAccessFile(where, full, await open(full, 'r').catch(refuse), found.size)
  }

  /** Do something with the file. If that fails, the error names it. */
  async named<T>(use: () => T | Promise<T>): Promise<T> {
    try {
      return await use()
    } catch (cause) {
      const { message } = cause as Error
      throw message.endsWith(this.whichFile)
        ? cause
        : new RangeError(`${message} ${this.whichFile}`, { cause })
    }
  }

  /** The sentence that ends an error. */
  get whichFile(): string {
    return `The file is '${this.#path}'.`
  }

  /** These bytes, in a buffer of their own. */
  async read(start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = this.#allocate(length)
    for (let done = 0; done < length; ) {
      // One call reads at most 2 GiB.
      const { bytesRead } = await this.#file.read(bytes, done, Math.min(length - done, 2 ** 30), start + done)
      if (bytesRead === 0)
        throw new RangeError(
          `${this.#where}: the file must have ${this.size} bytes as when it was opened, got ${start + done}.`,
        )
      done += bytesRead
    }
    return bytes
  }

  #allocate(length: number): Uint8Array<ArrayBuffer> {
    try {
      return new Uint8Array(length)
    } catch (cause) {
      throw new RangeError(`${this.#where}: the file must fit in memory, got ${length} bytes.`, { cause })
    }
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}
