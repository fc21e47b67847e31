/** What a store of pairs is to hold, fixed before the first pair is made. */
export interface PairPlan {
  /** Pairs in all. */
  count: number
  /** Pairs in a shard; the last may have fewer. What a killed run loses is at most one shard per writer. */
  shardSize?: number
  /** The noise of pair i is that of `createRng(seed).fork(i)`, where `noise` is 'indexed'. */
  seed: number
  /** Shape of one image, [H,W,C]. */
  shape: readonly [number, number, number]
  /** How images are stored: bytes 0..255, as the reference does, or [-1,1] in half precision. */
  images?: 'uint8' | 'float16'
  /**
   * How noise is stored: as (seed, index), which takes no space; as the 32-byte PCG64 states of the reference's pairs;
   * or as numbers, which inverted data need.
   */
  noise?: 'indexed' | 'pcg64' | 'float16' | 'float32'
  /** Classes, where pairs have labels. */
  classes?: number
  /** How the pairs are made (teacher, solver, steps): words of your own. Pairs of another origin are never mixed in. */
  origin?: Readonly<Record<string, string | number>>
}

/** A plan with every choice made. */
export type FullPairPlan = Required<Omit<PairPlan, 'classes'>> & { classes?: number }
