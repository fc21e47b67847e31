import { type ShippedNetworkName, shippedNetworks } from '@rectified-flow/flow'

/** The steps with which a shipped network draws if none are given; undefined for a file. */
export const stepsOf = (network: string): number | undefined =>
  Object.hasOwn(shippedNetworks, network) ? shippedNetworks[network as ShippedNetworkName].steps : undefined
