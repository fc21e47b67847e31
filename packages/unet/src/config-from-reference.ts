import { checkKind, checkOneOf } from '@rectified-flow/core'
import type { UNetConfig } from './config.js'
import { configOf } from './internal/reference-keys.js'

const WHERE = 'unet.configFromReference'
const types = { songunet: 'song', adm: 'dhariwal' } as const

/**
 * The configuration of a network whose JSON has the reference's snake_case keys. Missing keys have the reference's
 * defaults. One error message lists all problems of the JSON.
 */
export function configFromReference(json: Readonly<Record<string, unknown>>): UNetConfig {
  checkKind(WHERE, 'json', json, 'the parsed JSON of a configuration', [])
  // The published files also have num_params and use_fp16, which say nothing about the network.
  const { unet_type = 'songunet', num_params: _, use_fp16: __, ...options } = json
  checkOneOf(WHERE, 'unet_type', unet_type, ['songunet', 'adm'])
  return configOf(WHERE, types[unet_type], options)
}
