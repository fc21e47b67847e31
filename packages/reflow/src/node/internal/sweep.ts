import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

// What whole writes begin with has a name of this form; no file of a user's has.
const TEMPORARY = /\.[0-9a-f-]{36}\.tmp$/

/** Remove what killed writes left in a folder. For folders that only this process writes to. */
export async function sweep(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  for (const name of names) if (TEMPORARY.test(name)) await rm(join(folder, name), { force: true })
}
