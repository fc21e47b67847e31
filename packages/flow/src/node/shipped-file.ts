import { createRequire } from 'node:module'
import { type ShippedNetworkName, shippedNetworks } from '../shipped-networks.js'

/** The path of a shipped network's file; undefined for any other name. */
export function shippedFile(name: string): string | undefined {
  if (!Object.hasOwn(shippedNetworks, name)) return undefined
  return createRequire(import.meta.url).resolve(shippedNetworks[name as ShippedNetworkName].file)
}
