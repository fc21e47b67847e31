import type { SongUNetConfig } from '@rectified-flow/unet'

/** The smallest side that a level has: below it convolutions see mostly padding. */
const LOWEST = 4
const LEVELS = 4

/** A SongUNet (DDPM++) for images of a size: half the side on each level, twice the width from the third, attention below. */
export function networkFor({
  size,
  channels,
  classes = 0,
  width,
}: {
  size: number
  channels: number
  classes?: number | undefined
  width: number
}): SongUNetConfig {
  let levels = 1
  while (levels < LEVELS && size % 2 ** levels === 0 && size / 2 ** levels >= LOWEST) levels++
  return {
    type: 'song',
    imgResolution: size,
    inChannels: channels,
    outChannels: channels,
    labelDim: classes,
    modelChannels: width,
    channelMult: [1, 2, 2, 2].slice(0, levels),
    numBlocks: 1,
    attnResolutions: [size / 2 ** (levels - 1)],
    dropout: 0,
  }
}
