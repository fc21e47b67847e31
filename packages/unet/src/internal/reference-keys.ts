import { describe } from '@rectified-flow/core'
import type { UNetConfig } from '../config.js'

interface Rule {
  rule: string
  holds(value: unknown): boolean
}

const integer = (min: number): Rule => ({
  rule: `an integer >= ${min}`,
  holds: value => Number.isInteger(value) && (value as number) >= min,
})
const share: Rule = {
  rule: 'a number in [0, 1]',
  holds: value => typeof value === 'number' && value >= 0 && value <= 1,
}
const list = (rule: string, every: (value: unknown) => boolean): Rule => ({
  rule,
  holds: value => Array.isArray(value) && value.every(every),
})
const integers = list('a list of integers >= 1', integer(1).holds)
const oneOf = (...names: string[]): Rule => ({
  rule: `one of ${names.join(', ')}`,
  holds: value => names.includes(value as string),
})

const shared = {
  img_resolution: ['imgResolution', integer(1)],
  in_channels: ['inChannels', integer(1)],
  out_channels: ['outChannels', integer(1)],
  label_dim: ['labelDim', integer(0)],
  augment_dim: ['augmentDim', integer(0)],
  model_channels: ['modelChannels', integer(1)],
  channel_mult: ['channelMult', integers],
  channel_mult_emb: ['channelMultEmb', integer(1)],
  num_blocks: ['numBlocks', integer(1)],
  attn_resolutions: ['attnResolutions', integers],
  dropout: ['dropout', share],
  label_dropout: ['labelDropout', share],
} as const satisfies Record<string, readonly [string, Rule]>

/** For each type of network: the reference's names, our names, and the rule that a value must fulfil. */
const keys: Record<'song' | 'dhariwal', Record<string, readonly [string, Rule]>> = {
  dhariwal: shared,
  song: {
    ...shared,
    embedding_type: ['embeddingType', oneOf('positional', 'fourier')],
    channel_mult_noise: ['channelMultNoise', integer(1)],
    encoder_type: ['encoderType', oneOf('standard', 'skip', 'residual')],
    decoder_type: ['decoderType', oneOf('standard', 'skip')],
    resample_filter: ['resampleFilter', list('a list of numbers', Number.isFinite)],
  },
}

const required = ['img_resolution', 'in_channels', 'out_channels']

/** A configuration from the reference's snake_case keys. One error message lists all problems. */
export function configOf(
  where: string,
  type: 'song' | 'dhariwal',
  options: Readonly<Record<string, unknown>>,
): UNetConfig {
  const config: Record<string, unknown> = { type }
  const problems = required
    .filter(key => options[key] === undefined)
    .map(key => `${key} must be given, got undefined`)
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined) continue
    const entry = Object.hasOwn(keys[type], key) ? keys[type][key] : undefined
    if (!entry) problems.push(`keys must be the reference's, got '${key}'`)
    else if (!entry[1].holds(value)) problems.push(`${key} must be ${entry[1].rule}, got ${describe(value)}`)
    else config[entry[0]] = value
  }
  if (problems.length) throw new RangeError(`${where}: ${problems.join('; ')}.`)
  return config as unknown as UNetConfig
}
