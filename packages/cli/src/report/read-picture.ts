import { readFile, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'

const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

/**
 * A PNG file of a run. The path comes from a file that anybody may have written, and the page may be sent to others: so a path
 * or a link that leaves the folder, and any file that is no PNG, gives null.
 */
export async function readPicture(folder: string, path: string): Promise<Buffer | null> {
  try {
    const root = await realpath(folder)
    const file = await realpath(join(root, path))
    if (!file.startsWith(root + sep) || !(await stat(file)).isFile()) return null
    const bytes = await readFile(file)
    return bytes.subarray(0, PNG.length).equals(PNG) ? bytes : null
  } catch {
    return null
  }
}
