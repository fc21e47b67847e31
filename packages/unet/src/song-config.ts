import { checkInt, checkNumber, checkOneOf, describe } from '@rectified-flow/core'
import { checkIntegers, checkLevels, withDefaults } from './internal/config-checks.js'

const WHERE = 'unet.SongUNet'

/** The options of a SongUNet. The defaults are those that EDM uses for DDPM++. */
export interface SongUNetConfig {
  type?: 'song'
  /** Side of the square images, divisible by 2 once per level after the first. */
  imgResolution: number
  inChannels: number
  outChannels: number
  /** 2 for an average velocity u(x, t, r), which has an embedding of r too; 1, a velocity v(x, t), by default. */
  times?: 1 | 2
  /** Length of class labels; 0 for none. */
  labelDim?: number
  /** Length of augmentation labels; 0 for none. */
  augmentDim?: number
  /** Channels of the first level, before its multiplier. */
  modelChannels?: number
  /** Channels of each level, as multiples of modelChannels. */
  channelMult?: readonly number[]
  /** Length of the embedding, as a multiple of modelChannels. */
  channelMultEmb?: number
  /** Residual blocks of each level on the way down; on the way up each level has one more. */
  numBlocks?: number
  /** Resolutions whose blocks have attention. */
  attnResolutions?: readonly number[]
  /** Share of the activations that dropout sets to 0 in training. */
  dropout?: number
  /** Share of the class labels replaced by zeros, in training. */
  labelDropout?: number
  /** 'positional' for DDPM++, 'fourier' for NCSN++. */
  embeddingType?: 'positional' | 'fourier'
  /** Length of the noise embedding, as a multiple of modelChannels: 1 for DDPM++, 2 for NCSN++. */
  channelMultNoise?: number
  /** 'standard' for DDPM++, 'residual' for NCSN++. */
  encoderType?: 'standard' | 'skip' | 'residual'
  decoderType?: 'standard' | 'skip'
  /** Taps of the FIR filter of resampling: [1,1] for DDPM++, [1,3,3,1] for NCSN++. */
  resampleFilter?: readonly number[]
  /** Factor of each residual sum. */
  skipScale?: number
}

/** A configuration with every option present; `times` only if it was given. */
export type ResolvedSongUNetConfig = Readonly<
  Required<Omit<SongUNetConfig, 'times'>> & Pick<SongUNetConfig, 'times'>
>

const defaults: Required<Omit<SongUNetConfig, 'imgResolution' | 'inChannels' | 'outChannels' | 'times'>> = {
  type: 'song',
  labelDim: 0,
  augmentDim: 0,
  modelChannels: 128,
  channelMult: [1, 2, 2, 2],
  channelMultEmb: 4,
  numBlocks: 4,
  attnResolutions: [16],
  dropout: 0.1,
  labelDropout: 0,
  embeddingType: 'positional',
  channelMultNoise: 1,
  encoderType: 'standard',
  decoderType: 'standard',
  resampleFilter: [1, 1],
  skipScale: Math.SQRT1_2,
}

/** Fill in the defaults and check every option. */
export function resolveSongConfig(config: SongUNetConfig): ResolvedSongUNetConfig {
  const full: ResolvedSongUNetConfig = withDefaults(WHERE, config, defaults)
  checkOneOf(WHERE, 'type', full.type, ['song'])
  checkLevels(WHERE, full)
  checkIntegers(WHERE, 'attnResolutions', full.attnResolutions, 0)
  checkInt(WHERE, 'channelMultNoise', full.channelMultNoise, 1, 1000)
  checkNumber(WHERE, 'skipScale', full.skipScale)
  checkOneOf(WHERE, 'embeddingType', full.embeddingType, ['positional', 'fourier'])
  checkOneOf(WHERE, 'encoderType', full.encoderType, ['standard', 'skip', 'residual'])
  checkOneOf(WHERE, 'decoderType', full.decoderType, ['standard', 'skip'])
  const taps = full.resampleFilter
  const sum = Array.isArray(taps) ? taps.reduce((total, tap) => total + tap, 0) : 0
  if (!Array.isArray(taps) || !taps.every(Number.isFinite) || !(sum > 0))
    throw new RangeError(`${WHERE}: resampleFilter must be numbers of positive sum, got ${describe(taps)}.`)
  if (taps.length % 2 || taps.length > 64)
    throw new RangeError(
      `${WHERE}: resampleFilter must have an even number of taps, at most 64, got ${taps.length}.`,
    )
  const noise = full.modelChannels * full.channelMultNoise
  if (noise % 4)
    throw new RangeError(`${WHERE}: modelChannels * channelMultNoise must be divisible by 4, got ${noise}.`)
  return full
}
