import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { ZipReader } from '../zip-reader.js'

/** Named files, in a folder or in a zip. */
export interface FileList {
  /** Paths within the folder or the zip, with '/' between folders, sorted by code units. */
  names: string[]
  read(name: string): Promise<Uint8Array>
  close(): Promise<void>
}

export async function folderFiles(path: string): Promise<FileList> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const names = entries
    .filter(entry => !entry.isDirectory())
    .map(entry => relative(path, join(entry.parentPath, entry.name)).split(sep).join('/'))
  return { names: names.sort(), read: name => readFile(join(path, name)), close: async () => {} }
}

export async function zipFiles(path: string): Promise<FileList> {
  const zip = await ZipReader.open(path)
  const places = new Map<string, number>()
  for (let i = 0; i < zip.count; i++) {
    const name = zip.name(i)
    if (!name.endsWith('/')) places.set(name, i)
  }
  return {
    names: [...places.keys()].sort(),
    read: name => zip.read(places.get(name)!),
    close: () => zip.close(),
  }
}
