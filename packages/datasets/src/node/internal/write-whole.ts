import { randomUUID } from 'node:crypto'
import { type FileHandle, link, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

const TEMPORARY = /^\.[0-9a-f-]{36}\.tmp$/

/**
 * Write a file so that it is whole, with its name on the disk, or not there: to a temporary name beside it, synced,
 * renamed, and the folder synced. What killed writers of the same name left is swept away.
 */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  await writeWholeWith(path, file => file.writeFile(content))
}

/** The same for content that `write` puts into the open file itself. */
export async function writeWholeWith(
  path: string,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await writeSynced(temporary, write)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await sweep(path)
  await syncFolder(dirname(path))
}

/** Write a file unless it is there, as whole as `writeWhole` does. Of several writers at once, one succeeds. */
export async function createWhole(path: string, content: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await writeSynced(temporary, file => file.writeFile(content))
    await link(temporary, path) // unlike a rename, never replaces a file
  } catch (error) {
    // ENOENT: another writer was first, and has swept our temporary file away.
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST' && code !== 'ENOENT') throw error
  } finally {
    await rm(temporary, { force: true })
  }
  await sweep(path)
  await syncFolder(dirname(path))
}

async function writeSynced(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await write(file)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function sweep(path: string): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)]
  for (const other of await readdir(folder))
    if (other.startsWith(name) && TEMPORARY.test(other.slice(name.length)))
      await rm(join(folder, other), { force: true })
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
