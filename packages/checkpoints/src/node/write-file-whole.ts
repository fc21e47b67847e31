import { createReadStream } from 'node:fs'
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { sweepOnce, temporaryName } from './internal/temporary-files.js'

/** Bytes, text, or a function that writes into the open file. */
export type FileContent = Uint8Array | string | ((file: FileHandle) => Promise<void>)

export interface WriteFileWholeOptions {
  /** Replace a file that is there. If false, that one stays; of several writers at once, one succeeds. */
  replace?: boolean
}

/**
 * Write a file so that it is whole, with its name on the disk, or not there: to a temporary name beside it, synced,
 * renamed, and the folder synced. A killed write leaves the file that was there, or none; what it left under the
 * temporary name is removed by the next process that writes in this folder.
 */
export async function writeFileWhole(
  path: string,
  content: FileContent,
  { replace = true }: WriteFileWholeOptions = {},
): Promise<void> {
  await putWhole(path, async temporary => {
    await writeSynced(temporary, content)
    await (replace ? rename(temporary, path) : linkUnlessThere(temporary, path))
  })
}

/** Give a file that was written whole a second name, as whole; a copy where the disk has no links. */
export async function copyFileWhole(from: string, to: string): Promise<void> {
  await putWhole(to, async temporary => {
    await link(from, temporary).catch(() => writeSynced(temporary, file => copy(from, file)))
    await rename(temporary, to)
  })
}

async function putWhole(path: string, put: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = temporaryName(path)
  try {
    await put(temporary)
  } finally {
    await rm(temporary, { force: true })
  }
  await syncFolder(dirname(path))
  await sweepOnce(dirname(path))
}

async function writeSynced(path: string, content: FileContent): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await (typeof content === 'function' ? content(file) : file.writeFile(content))
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Unlike a rename, a link never replaces a file. */
async function linkUnlessThere(from: string, to: string): Promise<void> {
  await link(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}

async function copy(from: string, file: FileHandle): Promise<void> {
  for await (const piece of createReadStream(from)) await file.writeFile(piece) // goes on where the file is
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return // a folder can't be opened there
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
