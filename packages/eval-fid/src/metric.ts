import type { Rng } from '@rectified-flow/core'
import type { FeatureSet } from './feature-set.js'
import type { Moments } from './moments.js'

/** The data that a pass over images can keep for metrics. */
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
  /** The function that computes Fréchet distances. */
  distance: (a: Moments, b: Moments) => number | Promise<number>
}

/** A measure of generated images, for `evaluate` and for command lines. */
export interface Metric<P extends KeptName = KeptName, Value = unknown> {
  readonly help: string
  /** Its names in papers, each by the network that it is defined with. */
  readonly paperNames?: Readonly<Partial<Record<'Inception' | 'CLIP', string>>>
  /** Its name in front of the name of another network; by default its name in the list of metrics. */
  readonly title?: string
  /** The kept data of the generated images that it needs. */
  readonly needs: P
  /** Whether it needs the same data of real images; if not, it uses only the generated images. */
  readonly compares: boolean
  /** Whether a command line computes it only on request, or with a network that papers define it with. */
  readonly onRequest?: boolean
  measure(generated: Kept[P], real: Kept[P], tools: MetricTools): Value | Promise<Value>
}
