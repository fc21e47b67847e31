import { join } from 'node:path'
import type { Dice } from './dice.js'
import type { Target } from './target.js'

interface OneFile {
  name: string
  share: number
  /** The file's name. */
  path: string
  valid: readonly Uint8Array[]
  /** A mutation of one of the valid files. */
  mutate(bytes: Uint8Array, dice: Dice): Uint8Array
  read(bytes: Uint8Array, path: string): unknown
}

/** A target whose inputs are one file. */
export function oneFile({ name, share, path, valid, mutate, read }: OneFile): Target {
  return {
    name,
    share,
    prepare: async () => ({
      valid: valid.map(bytes => new Map([[path, bytes]])),
      mutate: dice => new Map([[path, mutate(dice.pick(valid), dice)]]),
    }),
    read: async (folder, files) => read(files.get(path)!, join(folder, path)),
  }
}
