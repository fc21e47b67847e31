import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { describe } from '@rectified-flow/core'
import { folderNames } from './named-file.js'

export interface MnistPaths {
  images: string
  /** Absent if there is no such file. */
  labels?: string
}

/** What names of the images' files begin with. EMNIST has a prefix before it, and says 'test' for MNIST's 't10k'. */
const STEMS = { train: /(^|-)train-images/, test: /(^|-)(t10k|test)-images/ }
/** How the names go on: as published, as some mirrors rename them, each plain or gzip. */
const ENDING = /-images[-.]idx3-ubyte(\.gz)?$/

/**
 * The files of MNIST, or of data in its form, in a folder: in any spelling of their names, also each in a folder of its own
 * name. Undefined if there are none.
 *
 * @throws RangeError if there are several sets of images, as in the folder of EMNIST
 */
export async function findMnist(
  where: string,
  directory: string,
  split: 'train' | 'test',
): Promise<MnistPaths | undefined> {
  const found = new Map<string, string>()
  for (const name of await folderNames(where, 'directory', directory)) {
    if (!ENDING.test(name) || !STEMS[split].test(name)) continue
    const images = await fileOf(join(directory, name))
    const set = name.replace(ENDING, '')
    if (images && !found.has(set)) found.set(set, images)
  }
  if (found.size > 1)
    throw new RangeError(
      `${where}: directory must hold one set of images, got ${describe([...found.values()].map(path => basename(path)))} in ${describe(directory)}. Pass the path of one to openImages.`,
    )
  const [images] = found.values()
  return images === undefined ? undefined : mnistPaths(images)
}

/** The images' file, and its labels' file if it is beside it, or in a folder beside its folder. */
export async function mnistPaths(images: string): Promise<MnistPaths> {
  const [folder, name] = [dirname(images), basename(images)]
  const stem = name.replace(ENDING, '-labels')
  const endings = ['-idx1-ubyte', '.idx1-ubyte', '-idx1-ubyte.gz', '.idx1-ubyte.gz']
  const folders = ENDING.test(basename(folder)) ? [folder, dirname(folder)] : [folder]
  for (const place of folders)
    for (const ending of endings) {
      const labels = await fileOf(join(place, stem + ending))
      if (labels) return { images, labels }
    }
  return { images }
}

/** The file at this path, or, if there is a folder, the file of the same kind in it. */
async function fileOf(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isDirectory()) return found && path
  const kind = basename(path).includes('idx3') ? 'idx3' : 'idx1'
  const inside = (await readdir(path)).sort().filter(name => name.includes(kind) && !name.startsWith('.'))
  for (const name of inside) if ((await stat(join(path, name))).isFile()) return join(path, name)
  return undefined
}
