import type { Denoiser, Field } from '@rectified-flow/core'
import type { ForwardOptions, Network } from './network.js'
import { networkDenoiser, networkVelocity } from './precondition.js'
import { edm } from './preconditioners/edm.js'

export interface EdmOptions extends ForwardOptions {
  /** Standard deviation of the data. */
  sigmaData?: number
}

/** The denoiser of a raw network with EDM's preconditioning: networkDenoiser(network, edm({ sigmaData }), options). */
export function edmDenoiser(network: Network, { sigmaData, ...options }: EdmOptions = {}): Denoiser {
  return networkDenoiser(network, edm({ sigmaData }), options)
}

/** The velocity of a raw network with EDM's preconditioning: networkVelocity(network, edm({ sigmaData }), options). */
export function edmVelocity(network: Network, { sigmaData, ...options }: EdmOptions = {}): Field {
  return networkVelocity(network, edm({ sigmaData }), options)
}
