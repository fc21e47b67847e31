import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { makeFolder, tryFolder } from '@rectified-flow/checkpoints/node'

/**
 * Throw unless a file or a folder can be made at a path, before work begins whose result would be lost. It makes the folder,
 * and writes a small file there, which it removes: what a disk takes is known when it has taken it.
 *
 * @param name  how the command line calls it, such as '--out'
 */
export async function checkOutput(name: string, path: string, kind: 'file' | 'folder'): Promise<void> {
  const there = await stat(path).catch(() => undefined)
  if (kind === 'file' && there && !there.isFile()) throw unusable(name, path, kind, 'something else is there')
  if (path === '') throw unusable(name, path, kind, 'no name')
  const folder = kind === 'folder' ? resolve(path) : dirname(resolve(path))
  try {
    await makeFolder(folder)
    await tryFolder(folder)
  } catch (cause) {
    throw unusable(name, path, kind, (cause as NodeJS.ErrnoException).code ?? String(cause), cause)
  }
}

function unusable(name: string, path: string, kind: string, why: string, cause?: unknown): RangeError {
  return new RangeError(`${name} must name a ${kind} that can be written, got '${path}' (${why}).`, { cause })
}
