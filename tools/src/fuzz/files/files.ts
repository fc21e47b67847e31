import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** The files of an input: their bytes by path, in a folder of their own. */
export type Files = ReadonlyMap<string, Uint8Array>

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
/** A text with one character for each byte, so that any bytes survive an edit of it. */
export const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
export const fromLatin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), bytes)
  }
}

export async function readFiles(folder: string): Promise<Files> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  const read = paths
    .sort()
    .map(async path => [path.slice(folder.length + 1), new Uint8Array(await readFile(path))] as const)
  return new Map(await Promise.all(read))
}

/** The files that a function writes into a folder. */
export async function filesOf(write: (folder: string) => Promise<unknown>): Promise<Files> {
  return inTemporaryFolder(async folder => {
    await write(folder)
    return readFiles(folder)
  })
}

export async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'fuzz-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
