import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'

/**
 * Throw unless an option or an argument names a file. Reading a pipe or a device could last forever.
 *
 * @param name  how the command line calls it, such as '--ref'
 */
export async function checkFile(name: string, path: string, maxBytes = Infinity): Promise<void> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(name, path, cause)
  })
  if (!found.isFile())
    throw new RangeError(`${name} must name a file that can be read, got '${path}' (${kindOf(found)}).`)
  if (found.size > maxBytes)
    throw new RangeError(
      `${name} must name a file of at most ${maxBytes} bytes, got '${path}' (${found.size}).`,
    )
}

/** The bytes of a file that an option or an argument names. */
export async function readInput(name: string, path: string, maxBytes?: number): Promise<Buffer> {
  await checkFile(name, path, maxBytes)
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(name, path, cause)
  })
}

/** A short hash of a file that an option names, to tell it from others in a record. */
export async function inputHash(name: string, path: string): Promise<string> {
  return createHash('sha256')
    .update(await readInput(name, path))
    .digest('hex')
    .slice(0, 16)
}

/** Run a function that reads a part of the input, and add to its errors which part it was. */
export async function inside<T>(what: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof Error && !error.message.includes(what)) error.message += ` It is in ${what}.`
    throw error
  }
}

function unreadable(name: string, path: string, cause: NodeJS.ErrnoException): RangeError {
  return new RangeError(`${name} must name a file that can be read, got '${path}' (${cause.code}).`, {
    cause,
  })
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder'
  return found.isFIFO() ? 'a pipe' : 'no regular file'
}
