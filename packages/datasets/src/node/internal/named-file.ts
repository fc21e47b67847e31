import type { Stats } from 'node:fs'
import { type FileHandle, open, readdir, readFile, stat } from 'node:fs/promises'
import { describe } from '@rectified-flow/core'

/**
 * The size of a file, after a check that it is one. Reading a pipe or a device could wait forever.
 *
 * @param name  how errors name the file
 * @throws RangeError that says what is there instead
 */
export async function fileSize(where: string, name: string, path: string): Promise<number> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new RangeError(`${where}: ${name} must be a file, got ${describe(path)} (${cause.code}).`, {
      cause,
    })
  })
  if (!found.isFile())
    throw new RangeError(`${where}: ${name} must be a file, got ${kindOf(found)}, ${describe(path)}.`)
  return found.size
}

/** What is at a path that has no file. */
export function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder'
  if (found.isFIFO()) return 'a pipe'
  return found.isSocket() ? 'a socket' : 'a device'
}

/** All bytes of a file. */
export async function readNamedFile(where: string, name: string, path: string): Promise<Buffer> {
  await fileSize(where, name, path)
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(where, name, path, cause)
  })
}

function unreadable(where: string, name: string, path: string, cause: NodeJS.ErrnoException): RangeError {
  return new RangeError(`${where}: ${name} must be readable, got ${describe(path)} (${cause.code}).`, {
    cause,
  })
}

/** Why the system refused a file, such as ENOENT, from an error of the functions here; undefined if it didn't. */
export function systemCode(error: unknown): string | undefined {
  return ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code
}

/** The file at this path, open for reading. */
export async function openNamedFile(where: string, name: string, path: string): Promise<FileHandle> {
  await fileSize(where, name, path)
  return open(path).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(where, name, path, cause)
  })
}

/** The names in a folder, sorted. */
export async function folderNames(where: string, name: string, path: string): Promise<string[]> {
  const names = await readdir(path).catch((cause: NodeJS.ErrnoException) => {
    throw new RangeError(`${where}: ${name} must be a folder, got ${describe(path)} (${cause.code}).`, {
      cause,
    })
  })
  return names.sort()
}

/** Run a function that reads the bytes of this file, and add the file's path to the errors that it throws. */
export async function inFile<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof Error && !error.message.includes(path))
      error.message += ` The file is ${describe(path)}.`
    throw error
  }
}
