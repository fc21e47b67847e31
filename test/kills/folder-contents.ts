import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The SHA-256 of every file of a folder and of the folders in it, by its path, except the folders with these names. */
export async function folderContents(
  folder: string,
  { except = [] }: { except?: readonly string[] } = {},
): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  const walk = async (path: string): Promise<void> => {
    for (const entry of await readdir(join(folder, path), { withFileTypes: true })) {
      const name = path ? `${path}/${entry.name}` : entry.name
      if (!entry.isDirectory()) found[name] = await hash(join(folder, name))
      else if (!except.includes(name)) await walk(name)
    }
  }
  await walk('')
  return found
}

const hash = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
