import { describe } from '@rectified-flow/core'
import type { FileList } from './file-list.js'

/** Class of each image, and how many there are. */
export interface Labels {
  labels: Int32Array
  classes: number
}

/** EDM's tools write folders of 1,000 images, each named after its first image. Such folders are no classes. */
const CHUNK = /^\d{5,6}$/

/**
 * Labels of images, from EDM's `dataset.json` ({"labels": [["path", class], ...]}) if there is one. Else, if each image is
 * in a folder, the outermost folders are the classes, in the order of their names. Else undefined.
 */
export async function imageLabels(
  where: string,
  files: FileList,
  images: readonly string[],
): Promise<Labels | undefined> {
  if (files.names.includes('dataset.json')) return fromJson(where, await files.read('dataset.json'), images)
  const folders = images.map(name => name.slice(0, Math.max(0, name.indexOf('/'))))
  if (folders.some(folder => folder === '') || folders.every(folder => CHUNK.test(folder))) return undefined
  const names = [...new Set(folders)].sort()
  const classOf = new Map(names.map((name, i) => [name, i]))
  return { labels: Int32Array.from(folders, folder => classOf.get(folder)!), classes: names.length }
}

function fromJson(where: string, bytes: Uint8Array, images: readonly string[]): Labels | undefined {
  const { labels: list } = JSON.parse(new TextDecoder().decode(bytes)) as {
    labels?: [string, number][] | null
  }
  if (!list) return undefined
  const classOf = new Map(list.map(([name, label]) => [name.replaceAll('\\', '/'), label]))
  let classes = 0
  const labels = Int32Array.from(images, name => {
    const label = classOf.get(name)
    if (!Number.isInteger(label) || label! < 0)
      throw new RangeError(
        `${where}: dataset.json must give a class, an integer >= 0, for '${name}', got ${describe(label)}.`,
      )
    classes = Math.max(classes, label! + 1)
    return label!
  })
  return { labels, classes }
}
