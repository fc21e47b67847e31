import type { Coupling, Rng } from '@rectified-flow/core'
import type { ImageSource, IndexedPairs } from '@rectified-flow/datasets'
import { independentChoice } from './couplings/independent.js'
import { optimalTransportChoice, sinkhornChoice } from './couplings/optimal-transport.js'
import { storedChoice } from './couplings/stored.js'
import { truncatedChoice } from './couplings/truncated.js'

/** What couplings may need besides their options; each names the members that it uses. */
export interface CouplingContext {
  data: ImageSource
  pairs: IndexedPairs
  /** The coupling whose pairs another one filters or pairs again. */
  coupling: Coupling
  rng: Rng
}

/** Every coupling that a settings file can name. Code imports a coupling itself; this package exports some more. */
export const couplings = {
  independent: independentChoice,
  stored: storedChoice,
  optimalTransport: optimalTransportChoice,
  sinkhorn: sinkhornChoice,
  truncated: truncatedChoice,
}

export type CouplingName = keyof typeof couplings
