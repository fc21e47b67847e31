import { createRng } from '@rectified-flow/core'
import { SongUNet, type SongUNetConfig, type UNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'

/** A network that has every part, small enough for the cpu backend. */
export const small = {
  imgResolution: 8,
  inChannels: 1,
  outChannels: 1,
  labelDim: 3,
  augmentDim: 2,
  modelChannels: 8,
  channelMult: [1, 2],
  numBlocks: 1,
  attnResolutions: [4],
  dropout: 0.2,
  embeddingType: 'fourier',
  channelMultNoise: 2,
  encoderType: 'residual',
  decoderType: 'skip',
  resampleFilter: [1, 3, 3, 1],
} satisfies SongUNetConfig

/** The smallest network, without attention and classes. */
export const tiny = {
  imgResolution: 4,
  inChannels: 1,
  outChannels: 1,
  modelChannels: 4,
  channelMult: [1],
  numBlocks: 1,
  attnResolutions: [],
}

/** A new network whose every weight is far from zero, so that each part shows in the output. */
export function randomNet(config: SongUNetConfig = small, seed = 1): SongUNet {
  return perturbed(new SongUNet(config, { rng: createRng(seed) }))
}

export function perturbed<N extends UNet>(net: N): N {
  const rng = createRng(2)
  for (const [name, variable] of net.weights)
    tf.tidy(() => variable.assign(tf.add(variable, tf.mul(rng.fork(name).normal(variable.shape), 0.1))))
  return net
}
