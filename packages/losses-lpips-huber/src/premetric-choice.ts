import type { Choice, Premetric } from '@rectified-flow/core'
import type { ImageDistance } from './perceptual-distance.js'

/** What a premetric may need besides its options. */
export interface PremetricContext {
  /** A perceptual distance. It needs a network, so only premetrics that need one get it. */
  distance: ImageDistance
}

/** A premetric in the list from which settings files choose. */
export type PremetricChoice<Options extends object = object> = Choice<Premetric, Options, PremetricContext>
