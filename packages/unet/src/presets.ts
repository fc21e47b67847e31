import type { UNetConfig } from './config.js'
import type { DhariwalUNetConfig } from './dhariwal-config.js'
import type { SongUNetConfig } from './song-config.js'

/** NCSN++ as rfpp configures it, for EDM's augmentation labels. */
const ncsnpp = {
  type: 'song',
  inChannels: 3,
  outChannels: 3,
  augmentDim: 9,
  modelChannels: 128,
  embeddingType: 'fourier',
  channelMultNoise: 2,
  encoderType: 'residual',
  resampleFilter: [1, 3, 3, 1],
} as const satisfies Omit<SongUNetConfig, 'imgResolution'>

const faces = { ...ncsnpp, imgResolution: 64, channelMult: [1, 2, 2, 2], dropout: 0.25 } as const

/** The networks of the 2-rectified flow++ checkpoints (Lee et al., arXiv 2405.20320, appendix). */
export const presets = {
  /** 56,397,827 parameters. */
  cifar10: { ...ncsnpp, imgResolution: 32, channelMult: [2, 2, 2], dropout: 0.13 } satisfies SongUNetConfig,
  /** 62,761,091 parameters. */
  afhq64: faces satisfies SongUNetConfig,
  /** 62,761,091 parameters. */
  ffhq64: faces satisfies SongUNetConfig,
  /** 295,899,267 parameters, 1000 classes. */
  imagenet64: {
    type: 'dhariwal',
    imgResolution: 64,
    inChannels: 3,
    outChannels: 3,
    labelDim: 1000,
  } satisfies DhariwalUNetConfig,
} as const satisfies Record<string, UNetConfig>
