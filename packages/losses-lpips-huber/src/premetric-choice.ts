import type { Choice, Premetric } from '@rectified-flow/core'
import type { ImageDistance } from './perceptual-distance.js'

/** What premetrics are made with besides their options. */
export interface PremetricContext {
  /** A perceptual distance. It is a network's: only premetrics that need it are given one. */
  distance: ImageDistance
}

/** A premetric in the list of those that settings choose from. */
export type PremetricChoice<Options extends object = object> = Choice<Premetric, Options, PremetricContext>
