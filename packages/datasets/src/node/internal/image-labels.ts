import { describe } from '@rectified-flow/core'
import { type ClassLabels, classLabels } from '../../internal/class-labels.js'
import { type FileList, nameIn } from './file-list.js'

const JSON_NAME = /(^|\/)dataset\.json$/

/**
 * Labels of images, from EDM's `dataset.json` ({"labels": [["path", class], ...]}) if there is one. Else, if below the
 * folders that all images share each image is in a folder, these folders are the classes, in the order of their names. Else
 * undefined.
 */
export async function imageLabels(
  where: string,
  files: FileList,
  images: readonly string[],
): Promise<ClassLabels | undefined> {
  const shared = sharedFolder(images)
  const lists = files.names.filter(name => JSON_NAME.test(name))
  const folders = lists.map(name => name.replace(JSON_NAME, '$1'))
  if (lists.length > 1 || folders.some(folder => !shared.startsWith(folder)))
    throw new RangeError(
      `${where}: dataset.json must be a single one, in a folder that holds all images, got ${describe(lists)} in ${describe(files.path)}.`,
    )
  if (lists.length === 1)
    return fromJson(where, nameIn(files, lists[0]!), await files.read(lists[0]!), {
      images,
      prefix: folders[0]!,
    })
  return fromFolders(where, files, images, shared)
}

/** The path of the deepest folder that holds all of these, '' or with a '/' at its end. */
function sharedFolder(names: readonly string[]): string {
  // Names are sorted: what the first and the last share, all share.
  const [first, last] = [names[0]!, names.at(-1)!]
  let end = 0
  for (let i = 0; i < first.length && first[i] === last[i]; i++) if (first[i] === '/') end = i + 1
  return first.slice(0, end)
}

function fromFolders(
  where: string,
  files: FileList,
  images: readonly string[],
  shared: string,
): ClassLabels | undefined {
  const within = images.map(name => name.slice(shared.length))
  if (within.some(name => !name.includes('/')) || within.every(isChunked)) return undefined
  const folders = within.map(name => name.slice(0, name.indexOf('/')))
  const names = [...new Set(folders)].sort()
  const classOf = new Map(names.map((name, i) => [name, i]))
  for (const name of [...files.folders, ...files.names]) {
    if (!name.startsWith(shared)) continue
    const end = name.indexOf('/', shared.length)
    if (end < 0 || classOf.has(name.slice(shared.length, end))) continue
    throw new RangeError(
      `${where}: ${nameIn(files, name.slice(0, end))} must hold images, as the class folders beside it, got none. Remove it, or give the classes in dataset.json.`,
    )
  }
  const labels = classLabels(
    where,
    folders.map(name => classOf.get(name)!),
    i => `class folder ${describe(folders[i])} must be`,
  )
  return { ...labels, names }
}

/**
 * Whether an image is in a folder of 1,000 images, as EDM's tools make them: dataset_tool.py writes 00001/img00001234.png,
 * generate.py writes 001000/001234.png. Such folders are no classes.
 */
function isChunked(name: string): boolean {
  const found = /^(\d{5,})\/(img)?(\d{6,})\.[^/]*$/.exec(name)
  if (!found) return false
  const [chunk, image] = [Number(found[1]), Number(found[3])]
  return Math.floor(image / 1000) === (found[2] ? chunk : chunk / 1000)
}

function fromJson(
  where: string,
  label: string,
  bytes: Uint8Array,
  { images, prefix }: { images: readonly string[]; prefix: string },
): ClassLabels | undefined {
  const entries = parseEntries(where, label, bytes)
  if (!entries) return undefined
  const classOf = new Map<string, unknown>()
  for (const [i, entry] of entries.entries()) {
    if (!Array.isArray(entry) || entry.length !== 2 || typeof entry[0] !== 'string')
      throw new RangeError(
        `${where}: labels[${i}] of ${label} must be ["path", class], got ${describe(entry)}.`,
      )
    classOf.set(prefix + entry[0].replaceAll('\\', '/'), entry[1])
  }
  return classLabels(
    where,
    images.map(name => classOf.get(name)),
    i => `${label} must give, for ${describe(images[i])},`,
  )
}

function parseEntries(where: string, label: string, bytes: Uint8Array): unknown[] | null {
  let value: { labels?: unknown } | null
  try {
    value = JSON.parse(new TextDecoder().decode(bytes))
  } catch (cause) {
    throw new RangeError(`${where}: ${label} must be JSON, got ${(cause as Error).message}.`, { cause })
  }
  const isObject = value !== null && typeof value === 'object' && !Array.isArray(value)
  const got = isObject ? value!.labels : value
  if (isObject && (got === null || Array.isArray(got))) return got
  throw new RangeError(`${where}: ${label} must be {"labels": [["path", class], ...]}, got ${describe(got)}.`)
}
