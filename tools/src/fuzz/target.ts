import type { Dice } from './dice.js'
import type { Files } from './files/files.js'

/** A reader under test. */
export interface Target {
  name: string
  /** How many of the cases it gets, in relation to the others. */
  share: number
  /** A valid input, and a maker of mutations of it. Made once in a process. */
  prepare(): Promise<{ valid: readonly Files[]; mutate(dice: Dice): Files }>
  /** Read an input in its folder to the end, as a user's program would. */
  read(folder: string, files: Files): Promise<unknown>
}
