import { mkdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { temporaryName } from './internal/temporary-files.js'
import { writeSynced } from './write-file-whole.js'

/** A block of a disk: an empty file has room on a full disk too. */
const BLOCK = 4096

/**
 * Make a folder, and those above it that are missing. Where a folder can't be made it throws the system's error. Node's own
 * `mkdir` with `recursive` tries for ever where the system says that a folder which is there is not, as Linux does in `/proc`.
 */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' || dirname(path) === path) return thereOr(path, error)
    await makeFolder(dirname(path))
    await mkdir(path).catch(cause => thereOr(path, cause))
  })
}

/** Write a file of a block in a folder and remove it: throws the system's error if the folder takes no files. */
export async function tryFolder(path: string): Promise<void> {
  const file = temporaryName(join(path, 'try'))
  try {
    await writeSynced(file, new Uint8Array(BLOCK))
  } finally {
    await rm(file, { force: true })
  }
}

/** Nothing if the folder is there, which another process may have made; else the error. */
async function thereOr(path: string, error: unknown): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isDirectory()) throw error
}
