import { presets, type SongUNetConfig } from '@rectified-flow/unet'
import { smallUNet, tinyCifar10UNet, tinyUNet } from '../networks.js'

export type NetworkName = 'small' | 'cifar10'

/** The networks; on a software adapter, their tiny forms. */
export function networkConfig(name: NetworkName, software: boolean): SongUNetConfig {
  if (software) return name === 'small' ? tinyUNet : tinyCifar10UNet
  return name === 'small' ? smallUNet : presets.cifar10
}

/** The batch, or a tiny one that differs for each batch. */
export function batchOf(batch: number, software: boolean): number {
  return software ? Math.ceil(Math.log2(batch + 1) / 4) : batch
}
