import { checkInt, checkNumber, checkOneOf, describe } from '@rectified-flow/core'
import { songLayers } from './internal/layers.js'

const WHERE = 'unet.SongUNet'

/** The options of a SongUNet. Defaults are EDM's, of DDPM++. */
export interface SongUNetConfig {
  /** Side of the square images, divisible by 2 once per level after the first. */
  imgResolution: number
  inChannels: number
  outChannels: number
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
  /** Residual blocks of a level on the way down; one more on the way up. */
  numBlocks?: number
  /** Resolutions whose blocks attend. */
  attnResolutions?: readonly number[]
  /** Dropped share of the activations, in training. */
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
  /** What each residual sum is multiplied with. */
  skipScale?: number
}

/** A configuration with every option present. */
export type ResolvedConfig = Readonly<Required<SongUNetConfig>>

const required = ['imgResolution', 'inChannels', 'outChannels']
const defaults: Required<Omit<SongUNetConfig, 'imgResolution' | 'inChannels' | 'outChannels'>> = {
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
export function resolveConfig(config: SongUNetConfig): ResolvedConfig {
  const given = Object.entries(config).filter(([, value]) => value !== undefined)
  const full: ResolvedConfig = { ...defaults, ...(Object.fromEntries(given) as unknown as SongUNetConfig) }
  for (const key of Object.keys(full))
    if (!(key in defaults) && !required.includes(key))
      throw new RangeError(`${WHERE}: options must be known ones, got '${key}'.`)
  checkInt(WHERE, 'imgResolution', full.imgResolution, 1)
  checkInt(WHERE, 'inChannels', full.inChannels, 1)
  checkInt(WHERE, 'outChannels', full.outChannels, 1)
  checkInt(WHERE, 'labelDim', full.labelDim, 0)
  checkInt(WHERE, 'augmentDim', full.augmentDim, 0)
  checkInt(WHERE, 'modelChannels', full.modelChannels, 1)
  checkInt(WHERE, 'channelMultEmb', full.channelMultEmb, 1)
  checkInt(WHERE, 'numBlocks', full.numBlocks, 1)
  checkInt(WHERE, 'channelMultNoise', full.channelMultNoise, 1)
  checkNumber(WHERE, 'dropout', full.dropout, 0, 0.99)
  checkNumber(WHERE, 'labelDropout', full.labelDropout, 0, 1)
  checkNumber(WHERE, 'skipScale', full.skipScale)
  checkOneOf(WHERE, 'embeddingType', full.embeddingType, ['positional', 'fourier'])
  checkOneOf(WHERE, 'encoderType', full.encoderType, ['standard', 'skip', 'residual'])
  checkOneOf(WHERE, 'decoderType', full.decoderType, ['standard', 'skip'])
  checkIntegers('channelMult', full.channelMult, 1)
  checkIntegers('attnResolutions', full.attnResolutions, 0)
  const taps = full.resampleFilter
  if (!Array.isArray(taps) || !taps.every(Number.isFinite) || !(sumOf(taps) > 0))
    throw new RangeError(`${WHERE}: resampleFilter must be numbers of positive sum, got ${describe(taps)}.`)
  if (taps.length % 2)
    throw new RangeError(`${WHERE}: resampleFilter must have an even number of taps, got ${taps.length}.`)
  const factor = 2 ** (full.channelMult.length - 1)
  if (full.imgResolution % factor)
    throw new RangeError(
      `${WHERE}: imgResolution must be divisible by ${factor} for ${full.channelMult.length} levels, got ${full.imgResolution}.`,
    )
  if ((full.modelChannels * full.channelMultNoise) % 4)
    throw new RangeError(
      `${WHERE}: modelChannels * channelMultNoise must be divisible by 4, got ${full.modelChannels * full.channelMultNoise}.`,
    )
  for (const { name, normalized } of songLayers(full))
    for (const channels of normalized)
      if (channels % groupsOf(channels))
        throw new RangeError(
          `${WHERE}: channels of ${name} must be a multiple of the ${groupsOf(channels)} groups that normalise them, got ${channels}. Change modelChannels or channelMult.`,
        )
  return full
}

/** Groups of a group normalisation: 32, or fewer so that each has at least 4 channels. */
export function groupsOf(channels: number): number {
  return Math.min(32, Math.floor(channels / 4))
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

function checkIntegers(name: string, list: readonly number[], minLength: number): void {
  if (
    !Array.isArray(list) ||
    list.length < minLength ||
    !list.every(value => Number.isInteger(value) && value >= 1)
  )
    throw new RangeError(
      `${WHERE}: ${name} must be a list of ${minLength} or more integers >= 1, got ${describe(list)}.`,
    )
}
