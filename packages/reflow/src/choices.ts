import type { Coupling, Rng } from '@rectified-flow/core'
import type { IndexedImages, IndexedPairs } from '@rectified-flow/datasets'
import { independentChoice } from './couplings/independent.js'
import { optimalTransportChoice, sinkhornChoice } from './couplings/optimal-transport.js'
import { storedChoice } from './couplings/stored.js'
import { truncatedChoice } from './couplings/truncated.js'

/** What couplings are made of besides their options; each says what it needs. */
export interface CouplingContext {
  data: IndexedImages
  pairs: IndexedPairs
  /** Where the pairs come from that are chosen among, or paired anew. */
  coupling: Coupling
  rng: Rng
}

/** Every coupling that settings files can ask for, by its name; code imports the one it wants, and has a few more. */
export const couplings = {
  independent: independentChoice,
  stored: storedChoice,
  optimalTransport: optimalTransportChoice,
  sinkhorn: sinkhornChoice,
  truncated: truncatedChoice,
}

export type CouplingName = keyof typeof couplings
