import { checkOneOf } from '@rectified-flow/core'
import { checkIntegers, checkLevels, withDefaults } from './internal/config-checks.js'

const WHERE = 'unet.DhariwalUNet'

/** The options of a DhariwalUNet. The defaults are those that EDM uses for ADM. */
export interface DhariwalUNetConfig {
  type?: 'dhariwal'
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
  /** Channels of the first level, before its multiplier. Even. */
  modelChannels?: number
  /** Channels of each level, as multiples of modelChannels. */
  channelMult?: readonly number[]
  /** Length of the embedding, as a multiple of modelChannels. */
  channelMultEmb?: number
  /** Residual blocks of each level on the way down; on the way up each level has one more. */
  numBlocks?: number
  /** Resolutions whose blocks have attention, with one head per 64 channels. */
  attnResolutions?: readonly number[]
  /** Share of the activations that dropout sets to 0 in training. */
  dropout?: number
  /** Share of the class labels replaced by zeros, in training. */
  labelDropout?: number
}

/** A configuration with every option present; `times` only if it was given. */
export type ResolvedDhariwalUNetConfig = Readonly<
  Required<Omit<DhariwalUNetConfig, 'times'>> & Pick<DhariwalUNetConfig, 'times'>
>

const defaults: Required<Omit<DhariwalUNetConfig, 'imgResolution' | 'inChannels' | 'outChannels' | 'times'>> =
  {
    type: 'dhariwal',
    labelDim: 0,
    augmentDim: 0,
    modelChannels: 192,
    channelMult: [1, 2, 3, 4],
    channelMultEmb: 4,
    numBlocks: 3,
    attnResolutions: [32, 16, 8],
    dropout: 0.1,
    labelDropout: 0,
  }

/** Fill in the defaults and check every option. */
export function resolveDhariwalConfig(config: DhariwalUNetConfig): ResolvedDhariwalUNetConfig {
  const full: ResolvedDhariwalUNetConfig = withDefaults(WHERE, config, defaults)
  checkOneOf(WHERE, 'type', full.type, ['dhariwal'])
  checkLevels(WHERE, full)
  checkIntegers(WHERE, 'attnResolutions', full.attnResolutions, 0)
  if (full.modelChannels % 2)
    throw new RangeError(`${WHERE}: modelChannels must be even, got ${full.modelChannels}.`)
  return full
}
