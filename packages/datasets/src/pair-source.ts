import type { Pairs } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import type { FullPairPlan } from './pair-plan.js'

/** The stored rows of n pairs. */
export interface PairRows {
  /** [n,H,W,C]: bytes 0..255, or numbers in [-1,1] for a store of 'float16' images. */
  images: Uint8Array | Float32Array
  /** Class of each pair, [n], if the plan has classes. */
  labels?: ArrayLike<number>
  /** Absent for 'indexed' noise; states [n,32] for 'pcg64'; else the noise itself, [n,H,W,C]. */
  noise?: Uint8Array | Float32Array
  /** What was measured of each pair, by its name in the plan: [n] each. Absent if the plan has no `quality`. */
  quality?: Readonly<Record<string, Float32Array>>
}

/** Pairs that are read by index: a `PairSet`, a `PairStore`, reference pairs, or any object with these two members. */
export interface IndexedPairs<X extends tf.Tensor = tf.Tensor> {
  readonly count: number
  /** The pairs at these indices, in this order: x and z [B,...] and, if there are labels, one-hot rows [B,L]. */
  batch(indices: ArrayLike<number>): Pairs<X> | Promise<Pairs<X>>
}

/** Pairs of which something was measured: a `PairStore` whose plan has `quality`, or a part of one. */
export interface MeasuredPairs {
  readonly count: number
  /** What was measured, by name: [count] each, in the order of the pairs. */
  quality(): Promise<Readonly<Record<string, Float32Array>>>
}

/**
 * A store of pairs that is filled shard by shard. `createPairStore` of `/node` makes one on disk; any object with these
 * members is one.
 */
export interface WritablePairs {
  readonly count: number
  readonly plan: Pick<FullPairPlan, 'seed' | 'shape' | 'images' | 'noise' | 'classes' | 'quality'>
  /** Index of a shard's first pair, and how many pairs it has. */
  range(shard: number): { first: number; count: number }
  /** The shards that are not yet written. */
  missing(): Promise<number[]>
  /** Store a shard; if this fails, no part of it is stored. */
  write(shard: number, rows: PairRows): Promise<void>
}
