import { resolveConfig, type UNetConfig } from './config.js'
import { DhariwalUNet } from './dhariwal-unet.js'
import { SongUNet } from './song-unet.js'
import type { UNet, WeightSource } from './unet.js'

/** The network of a configuration: a SongUNet or, with `type: 'dhariwal'`, a DhariwalUNet. */
export function createUNet(config: UNetConfig, source: WeightSource): UNet {
  const full = resolveConfig(config)
  return full.type === 'dhariwal' ? new DhariwalUNet(full, source) : new SongUNet(full, source)
}
