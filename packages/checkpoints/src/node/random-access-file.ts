import { type FileHandle, open } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { RandomAccess } from '../internal/zip.js'

/** A file on disk that is read in pieces. */
export class RandomAccessFile implements RandomAccess {
  readonly #file: FileHandle

  private constructor(
    file: FileHandle,
    readonly size: number,
  ) {
    this.#file = file
  }

  static async open(where: string, path: string): Promise<RandomAccessFile> {
    const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT') throw cause
      throw new RangeError(
        `${where}: path must name an existing file, got '${resolve(path)}'. Relative paths start at the working directory.`,
        { cause },
      )
    })
    try {
      return new RandomAccessFile(file, (await file.stat()).size)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** These bytes, in a buffer of their own. */
  async read(start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length)
    for (let done = 0; done < length; ) {
      // One call reads at most 2 GiB.
      const { bytesRead } = await this.#file.read(bytes, done, Math.min(length - done, 2 ** 30), start + done)
      if (bytesRead === 0) throw new RangeError(`the file ended at ${start + done}, within what it had.`)
      done += bytesRead
    }
    return bytes
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}
