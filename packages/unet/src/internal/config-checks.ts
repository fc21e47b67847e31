import { checkInt, checkNumber, checkOptions, describe, type OptionNames } from '@rectified-flow/core'
import { groupsOf, type Layer, normalizedChannels } from './layers.js'

/** Options that every U-Net has. */
interface Levels {
  imgResolution: number
  inChannels: number
  outChannels: number
  times?: 1 | 2
  labelDim: number
  augmentDim: number
  modelChannels: number
  channelMult: readonly number[]
  channelMultEmb: number
  numBlocks: number
  dropout: number
  labelDropout: number
}

/** More than any network has. Without a limit, a file that asks for 10^9 blocks would take all memory. */
const most = {
  imgResolution: 2 ** 16,
  inChannels: 2 ** 16,
  outChannels: 2 ** 16,
  labelDim: 2 ** 20,
  augmentDim: 2 ** 16,
  modelChannels: 2 ** 16,
  channelMultEmb: 1000,
  numBlocks: 1000,
}
const MOST_IN_LISTS = 2 ** 16

const required = { imgResolution: 'required', inChannels: 'required', outChannels: 'required' }

/** The defaults, overwritten by the given options. Throws where an option is unknown, or one without a default missing. */
export function withDefaults<C extends object, D extends object>(where: string, config: C, defaults: D) {
  const optional = Object.fromEntries(Object.keys(defaults).map(name => [name, 'optional']))
  // `times` has no default, so that the files of networks of one time don't name it.
  const names: object = { ...required, ...optional, times: 'optional' }
  checkOptions(where, config, names as OptionNames<C>, 'config')
  const given = Object.entries(config).filter(([, value]) => value !== undefined)
  return { ...defaults, ...(Object.fromEntries(given) as C) }
}

export function checkLevels(where: string, config: Levels): void {
  for (const name of ['imgResolution', 'inChannels', 'outChannels'] as const)
    checkInt(where, name, config[name], 1, most[name])
  for (const name of ['labelDim', 'augmentDim'] as const) checkInt(where, name, config[name], 0, most[name])
  for (const name of ['modelChannels', 'channelMultEmb', 'numBlocks'] as const)
    checkInt(where, name, config[name], 1, most[name])
  if (config.times !== undefined) checkInt(where, 'times', config.times, 1, 2)
  checkNumber(where, 'dropout', config.dropout, 0, 0.99)
  checkNumber(where, 'labelDropout', config.labelDropout, 0, 1)
  checkIntegers(where, 'channelMult', config.channelMult, 1)
  const levels = config.channelMult.length
  const factor = 2 ** (levels - 1)
  if (config.imgResolution % factor)
    throw new RangeError(
      `${where}: imgResolution must be divisible by ${factor} for ${levels} levels, got ${config.imgResolution}.`,
    )
}

export function checkIntegers(where: string, name: string, list: readonly number[], minLength: number): void {
  if (
    !Array.isArray(list) ||
    list.length < minLength ||
    list.length > MOST_IN_LISTS ||
    !list.every(value => Number.isInteger(value) && value >= 1 && value <= MOST_IN_LISTS)
  )
    throw new RangeError(
      `${where}: ${name} must be a list of ${minLength} or more integers in [1, ${MOST_IN_LISTS}], got ${describe(list)}.`,
    )
}

/** Throw unless the channels of every layer are divisible by its groups and heads. */
export function checkLayers(where: string, layers: readonly Layer[]): void {
  for (const layer of layers) {
    for (const channels of normalizedChannels(layer))
      if (channels % groupsOf(channels))
        throw new RangeError(
          `${where}: channels of ${layer.name} must be a multiple of the ${groupsOf(channels)} groups that normalise them, got ${channels}. Change modelChannels or channelMult.`,
        )
    if (layer.kind === 'block' && layer.heads && layer.out % layer.heads)
      throw new RangeError(
        `${where}: channels of ${layer.name} must be a multiple of its ${layer.heads} heads, got ${layer.out}. Change modelChannels or channelMult.`,
      )
  }
}
