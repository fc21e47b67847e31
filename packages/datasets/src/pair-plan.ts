import type { OptionNames } from '@rectified-flow/core'

/** What a store of pairs will hold. The plan is fixed before the first pair is made. */
export interface PairPlan {
  /** Pairs in all. */
  count: number
  /** Pairs in a shard; the last may have fewer. A killed run loses at most one shard per writer. */
  shardSize?: number
  /** If `noise` is 'indexed', `createRng(seed).fork(i)` makes the noise of pair i. */
  seed: number
  /** Shape of one image, [H,W,C]. */
  shape: readonly [number, number, number]
  /** How images are stored: bytes 0..255, as in the reference, or half-precision numbers in [-1,1]. */
  images?: 'uint8' | 'float16'
  /**
   * How noise is stored: 'indexed' makes it from (seed, index) and takes no space; 'pcg64' stores the 32-byte PCG64 states
   * of the reference's pairs; 'float16' and 'float32' store the numbers, which the noise of inverted data needs.
   */
  noise?: 'indexed' | 'pcg64' | 'float16' | 'float32'
  /** How many classes there are, if pairs have labels. */
  classes?: number
  /** Names of what is measured of each pair and kept beside it, such as `pairMeasures` of @rectified-flow/reflow: one number each. */
  quality?: readonly string[]
  /** How the pairs are made (teacher, solver, steps), in your own words. A store refuses pairs of another origin. */
  origin?: Readonly<Record<string, string | number>>
}

export const pairPlanNames: OptionNames<PairPlan> = {
  count: 'required',
  shardSize: 'optional',
  seed: 'required',
  shape: 'required',
  images: 'optional',
  noise: 'optional',
  classes: 'optional',
  quality: 'optional',
  origin: 'optional',
}

/** A plan with its defaults filled in. */
export type FullPairPlan = Required<Omit<PairPlan, 'classes' | 'quality'>> &
  Pick<PairPlan, 'classes' | 'quality'>
