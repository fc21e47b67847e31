import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe } from '@rectified-flow/core'
import { isHidden } from './is-hidden.js'
import { kindOf } from './named-file.js'

/**
 * The files and folders within a folder, to any depth, as paths with '/' between folders, and after a folder. Hidden ones are left out. Links
 * to files and folders are followed.
 *
 * @throws RangeError for a link that leads nowhere or to a folder that holds it, a pipe or a device, a folder that can't be read
 */
export async function walkFolder(
  where: string,
  path: string,
): Promise<{ files: string[]; folders: string[] }> {
  const files: string[] = []
  const folders: string[] = []
  const refuse = (name: string, rule: string, got: string, cause?: unknown) =>
    new RangeError(`${where}: ${describe(name)} of ${describe(path)} must ${rule}, got ${got}.`, { cause })

  /** @param above  the true paths of the folders that hold this one */
  const visit = async (folder: string, above: readonly string[]): Promise<void> => {
    const unreadable = (cause: NodeJS.ErrnoException) => {
      throw refuse(folder, 'be a folder that can be read', `${cause.code}`, cause)
    }
    const here = await realpath(join(path, folder)).catch(unreadable)
    if (above.includes(here)) throw refuse(folder, 'not link to a folder that holds it', describe(here))
    const entries = await readdir(here, { withFileTypes: true }).catch(unreadable)
    for (const entry of entries) {
      if (isHidden(entry.name)) continue
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`
      const found = entry.isSymbolicLink() ? await stat(join(here, entry.name)).catch(() => null) : entry
      if (!found) throw refuse(name, 'link to a file or a folder', 'a link that leads nowhere')
      if (found.isFile()) files.push(name)
      else if (found.isDirectory()) {
        folders.push(`${name}/`)
        await visit(name, [...above, here])
      } else throw refuse(name, 'be a file or a folder', kindOf(await stat(join(here, entry.name))))
    }
  }
  await visit('', [])
  return { files, folders }
}
