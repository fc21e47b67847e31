import { presets, type SongUNetConfig } from '@rectified-flow/unet'

/** The small DDPM++ that the bench times. */
export const smallUNet: SongUNetConfig = {
  imgResolution: 32,
  inChannels: 3,
  outChannels: 3,
  modelChannels: 32,
  channelMult: [1, 2],
  numBlocks: 1,
  attnResolutions: [16],
  dropout: 0,
}

/** The same network, tiny. */
export const tinyUNet: SongUNetConfig = {
  ...smallUNet,
  imgResolution: 8,
  modelChannels: 8,
  attnResolutions: [4],
}

/** The NCSN++ of the CIFAR-10 checkpoints, tiny. */
export const tinyCifar10UNet: SongUNetConfig = {
  ...presets.cifar10,
  imgResolution: 8,
  modelChannels: 8,
  channelMult: [1, 2],
  numBlocks: 1,
  attnResolutions: [4],
}
