import { createReadStream } from 'node:fs'
import { access, type FileHandle, link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkOptions, checkText, type OptionNames } from '@rectified-flow/core'
import { sweepOnce, temporaryName } from './internal/temporary-files.js'

/** Bytes, text, or a function that writes into the open file. */
export type FileContent = Uint8Array | string | ((file: FileHandle) => Promise<void>)

export interface WriteFileWholeOptions {
  /** Replace an existing file. If false, the existing file stays; if several write at once, one file is kept. */
  replace?: boolean
}

const writeFileWholeNames: OptionNames<WriteFileWholeOptions> = {
  replace: 'optional',
}

/**
 * Write a whole file or none: the content goes to a temporary file beside it, which is synced and renamed; then the folder
 * is synced, so that the name is on the disk too. If the process is killed, `path` holds the earlier file, or none, and the
 * next process that writes in this folder removes the temporary file.
 */
export async function writeFileWhole(
  path: string,
  content: FileContent,
  options: WriteFileWholeOptions = {},
): Promise<void> {
  checkOptions('checkpoints.writeFileWhole', options, writeFileWholeNames)
  const { replace = true } = options
  checkText('checkpoints.writeFileWhole', 'path', path)
  await putWhole(path, async temporary => {
    await writeSynced(temporary, content)
    await (replace ? renameFile(temporary, path) : linkUnlessThere(temporary, path))
  })
}

/** Give a whole file a second name; `to` is whole or not there either. If the disk has no links, the file is copied. */
export async function copyFileWhole(from: string, to: string): Promise<void> {
  checkText('checkpoints.copyFileWhole', 'from', from)
  checkText('checkpoints.copyFileWhole', 'to', to)
  await putWhole(to, async temporary => {
    await link(from, temporary).catch(() => writeSynced(temporary, file => copy(from, file)))
    await renameFile(temporary, to)
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

/** Write a new file, and wait until it is on the disk. */
export async function writeSynced(path: string, content: FileContent): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await (typeof content === 'function' ? content(file) : file.writeFile(content))
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * Unlike a rename, a link never replaces a file. On a disk without links (exFAT, some network disks) the file is renamed if
 * none is there; of several writers at once, the last one's file may stay then.
 */
async function linkUnlessThere(from: string, to: string): Promise<void> {
  await link(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST' || (await isThere(to))) return
    await renameFile(from, to)
  })
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** Windows refuses a rename while another program, such as a virus scanner, has one of the files open: try again for 2 s. */
async function renameFile(from: string, to: string): Promise<void> {
  for (let waitMs = 10; ; waitMs *= 2) {
    try {
      return await rename(from, to)
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      const mayPass = process.platform === 'win32' && ['EPERM', 'EACCES', 'EBUSY'].includes(code)
      if (!mayPass || waitMs > 1000) throw error
      await sleep(waitMs)
    }
  }
}

async function copy(from: string, file: FileHandle): Promise<void> {
  for await (const piece of createReadStream(from)) await file.writeFile(piece) // appends at the file's current position
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
