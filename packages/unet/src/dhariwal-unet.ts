import type { Weights } from '@rectified-flow/core'
import {
  type DhariwalUNetConfig,
  type ResolvedDhariwalUNetConfig,
  resolveDhariwalConfig,
} from './dhariwal-config.js'
import { UNet, type WeightSource } from './unet.js'

/** The U-Net of ADM (Dhariwal and Nichol, arXiv 2105.05233). Its embedding scales and shifts activations in each block. */
export class DhariwalUNet extends UNet<ResolvedDhariwalUNetConfig> {
  constructor(config: DhariwalUNetConfig, source: WeightSource) {
    super(resolveDhariwalConfig(config), source)
  }

  override withWeights(weights: Weights): DhariwalUNet {
    return new DhariwalUNet(this.config, { weights, buffers: this.buffers })
  }
}
