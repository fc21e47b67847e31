import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/**
 * Throw unless a file or a folder can be made at a path, before work begins whose result would be lost. Nothing is made yet.
 *
 * @param name  how the command line calls it, such as '--out'
 */
export async function checkOutput(name: string, path: string, kind: 'file' | 'folder'): Promise<void> {
  const there = await stat(path).catch(() => undefined)
  if (kind === 'file' && there && !there.isFile()) throw unusable(name, path, kind, 'something else is there')
  const folder = kind === 'folder' && there ? path : dirname(resolve(path))
  try {
    await checkWritable(folder)
  } catch (cause) {
    throw unusable(name, path, kind, (cause as NodeJS.ErrnoException).code ?? String(cause), cause)
  }
}

/** A folder, or the nearest one above it that is there, must take new files. */
async function checkWritable(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && dirname(folder) !== folder) return undefined
    throw error
  })
  if (!found) return checkWritable(dirname(folder))
  if (!found.isDirectory()) throw Object.assign(new Error(folder), { code: 'ENOTDIR' })
  await access(folder, constants.W_OK)
}

function unusable(name: string, path: string, kind: string, why: string, cause?: unknown): RangeError {
  return new RangeError(`${name} must name a ${kind} that can be written, got '${path}' (${why}).`, { cause })
}
