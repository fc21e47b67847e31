import type { Weights } from '@rectified-flow/core'
import { type ResolvedSongUNetConfig, resolveSongConfig, type SongUNetConfig } from './song-config.js'
import { UNet, type WeightSource } from './unet.js'

/**
 * The U-Net of score-based models, DDPM++ and NCSN++ (Song et al., arXiv 2011.13456) as EDM configures it (Karras et
 * al., arXiv 2206.00364, appendix F).
 */
export class SongUNet extends UNet<ResolvedSongUNetConfig> {
  constructor(config: SongUNetConfig, source: WeightSource) {
    super(resolveSongConfig(config), source)
  }

  override withWeights(weights: Weights): SongUNet {
    return new SongUNet(this.config, { weights, buffers: this.buffers })
  }
}
