import { presets, type SongUNetConfig } from '@rectified-flow/unet'
import { smallUNet, tinyCifar10UNet, tinyUNet } from '../networks.js'

export type NetworkName = 'small' | 'cifar10'

/** The networks; on a software adapter, their tiny forms. */
export function networkConfig(name: NetworkName, software: boolean): SongUNetConfig {
  if (software) return name === 'small' ? tinyUNet : tinyCifar10UNet
  return name === 'small' ? smallUNet : presets.cifar10
}

/** The batch; on a software adapter, a tiny one. */
export const batchOf = (batch: number, software: boolean): number => (software ? 2 : batch)
