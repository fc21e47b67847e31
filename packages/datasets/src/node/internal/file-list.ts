import { join } from 'node:path'
import { describe } from '@rectified-flow/core'
import { ZipReader } from '../zip-reader.js'
import { isHidden } from './is-hidden.js'
import { readNamedFile } from './named-file.js'
import { walkFolder } from './walk-folder.js'

/** Named files, in a folder or in a zip. Hidden ones are not among them. */
export interface FileList {
  /** The folder or the zip. */
  path: string
  /** Paths within the folder or the zip, with '/' between folders, sorted by code units. */
  names: string[]
  /** The folders that are there by themselves, as paths with a '/' at the end. Names of files may have others. */
  folders: readonly string[]
  read(name: string): Promise<Uint8Array>
  close(): Promise<void>
}

/** How an error names a file of a list. */
export function nameIn({ path }: Pick<FileList, 'path'>, name: string): string {
  return `${describe(name)} of ${describe(path)}`
}

/** The files of a folder, to any depth. Links are followed. */
export async function folderFiles(where: string, path: string): Promise<FileList> {
  const { files, folders } = await walkFolder(where, path)
  return {
    path,
    names: files.sort(),
    folders,
    read: name => readNamedFile(where, nameIn({ path }, name), join(path, name)),
    close: async () => {},
  }
}

/** The files in a zip. */
export async function zipFiles(path: string, { maxBytes }: { maxBytes?: number }): Promise<FileList> {
  const zip = await ZipReader.open(path)
  const places = new Map<string, number>()
  const folders: string[] = []
  for (let i = 0; i < zip.count; i++) {
    // Old Windows tools wrote '\\', and some tools begin with './'.
    const name = zip
      .name(i)
      .replaceAll('\\', '/')
      .replace(/^(\.?\/)+/, '')
    if (isHidden(name)) continue
    if (name.endsWith('/')) folders.push(name)
    else places.set(name, i)
  }
  return {
    path,
    names: [...places.keys()].sort(),
    folders,
    read: name => zip.read(places.get(name)!, maxBytes === undefined ? {} : { maxBytes }),
    close: () => zip.close(),
  }
}
