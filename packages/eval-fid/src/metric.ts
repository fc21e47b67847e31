import type { Rng } from '@rectified-flow/core'
import type { FeatureSet } from './feature-set.js'
import type { Moments } from './feature-statistics.js'

/** What a pass over images can keep of them for metrics. */
export interface Kept {
  /** Mean and covariance of the features. */
  moments: Moments
  /** Mean and covariance of the spatial features. */
  spatial: Moments
  /** The features of every image [N,F]. */
  samples: FeatureSet
  /** The class scores of every image [N,classes]. */
  logits: FeatureSet
}

export type KeptName = keyof Kept

export interface MetricTools {
  rng: Rng
  /** How Fréchet distances are found. */
  distance: (a: Moments, b: Moments) => number | Promise<number>
}

/** A measure of generated images, as `evaluate` and command lines know it. */
export interface Metric<P extends KeptName = KeptName, Value = unknown> {
  readonly help: string
  /** What papers call it over the FID Inception. */
  readonly inceptionName?: string
  /** What it is called before the name of another network; the list's name for it unless told. */
  readonly title?: string
  /** What it needs of the generated images. */
  readonly needs: P
  /** Whether it needs the same of real images; else it looks at the generated ones alone. */
  readonly compares: boolean
  /** Whether a command line finds it only where it is asked to. */
  readonly onRequest?: boolean
  measure(generated: Kept[P], real: Kept[P], tools: MetricTools): Value | Promise<Value>
}
