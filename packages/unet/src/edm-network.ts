import { checkOptions, type Denoiser, type Field, type OptionNames } from '@rectified-flow/core'
import { type ForwardOptions, forwardNames, type Network } from './network.js'
import { networkDenoiser, networkVelocity } from './precondition.js'
import { edm } from './preconditioners/edm.js'

export interface EdmOptions extends ForwardOptions {
  /** Standard deviation of the data. */
  sigmaData?: number
}

export const edmNames: OptionNames<EdmOptions> = {
  ...forwardNames,
  sigmaData: 'optional',
}

/** The denoiser of a raw network with EDM's preconditioning: networkDenoiser(network, edm({ sigmaData }), options). */
export function edmDenoiser(network: Network, options: EdmOptions = {}): Denoiser {
  checkOptions('unet.edmDenoiser', options, edmNames)
  const { sigmaData, ...rest } = options
  return networkDenoiser(network, edm({ sigmaData }), rest)
}

/** The velocity of a raw network with EDM's preconditioning: networkVelocity(network, edm({ sigmaData }), options). */
export function edmVelocity(network: Network, options: EdmOptions = {}): Field {
  checkOptions('unet.edmVelocity', options, edmNames)
  const { sigmaData, ...rest } = options
  return networkVelocity(network, edm({ sigmaData }), rest)
}
