import { createRng } from '@rectified-flow/core'

/** The class that a seed's image has when none is asked for: all classes are equally likely. */
export function classOfSeed(seed: number, classes: number): number {
  return createRng(0).fork('class').fork(seed).integers(1, classes)[0]!
}
