import { describe } from '@rectified-flow/core'
import type { SongUNetConfig } from './config.js'

const WHERE = 'unet.configFromReference'

const keys = {
  img_resolution: 'imgResolution',
  in_channels: 'inChannels',
  out_channels: 'outChannels',
  label_dim: 'labelDim',
  augment_dim: 'augmentDim',
  model_channels: 'modelChannels',
  channel_mult: 'channelMult',
  channel_mult_emb: 'channelMultEmb',
  num_blocks: 'numBlocks',
  attn_resolutions: 'attnResolutions',
  dropout: 'dropout',
  label_dropout: 'labelDropout',
  embedding_type: 'embeddingType',
  channel_mult_noise: 'channelMultNoise',
  encoder_type: 'encoderType',
  decoder_type: 'decoderType',
  resample_filter: 'resampleFilter',
} satisfies Record<string, keyof SongUNetConfig>

/** Notes of the published files, which say nothing about the network. */
const ignored = ['unet_type', 'num_params', 'use_fp16']

/** The configuration of a network whose JSON has the reference's snake_case keys. Unknown keys are refused. */
export function configFromReference(json: Readonly<Record<string, unknown>>): SongUNetConfig {
  const type = json.unet_type ?? 'songunet'
  if (type !== 'songunet')
    throw new RangeError(`${WHERE}: unet_type must be 'songunet', got ${describe(type)}.`)
  const config: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(json)) {
    if (ignored.includes(key)) continue
    if (!Object.hasOwn(keys, key))
      throw new RangeError(`${WHERE}: keys must be the reference's, got '${key}'.`)
    config[keys[key as keyof typeof keys]] = value
  }
  for (const key of ['img_resolution', 'in_channels', 'out_channels'] as const)
    if (!(keys[key] in config)) throw new RangeError(`${WHERE}: ${key} must be given, got undefined.`)
  return config as unknown as SongUNetConfig
}
