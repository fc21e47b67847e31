import { type HostTensor, readSafetensors, writeSafetensors } from '@rectified-flow/checkpoints'
import * as tf from '@tensorflow/tfjs-core'
import type { NetworkDescription } from '../extractor.js'
import { checkConfig, SmallResNet, type SmallResNetConfig, weightShapes } from './small-resnet.js'

const architecture = 'rectified-flow/small-resnet'

/** The bytes of a safetensors file with the weights and, in its metadata, the configuration. */
export async function saveSmallResNet({ config, weights }: SmallResNet): Promise<Uint8Array> {
  const tensors = new Map<string, HostTensor>()
  for (const [name, weight] of weights) {
    const data = (await weight.data()) as Float32Array
    tensors.set(name, { dtype: 'F32', shape: weight.shape, data })
  }
  return writeSafetensors(tensors, { architecture, config: JSON.stringify(config) })
}

/**
 * The network that `saveSmallResNet` wrote. Throws unless every weight is there, in float32, with the right shape.
 *
 * @param description  what the record of a result will say about the network
 */
export function loadSmallResNet(bytes: Uint8Array, description?: NetworkDescription): SmallResNet {
  const where = 'eval-fid.loadSmallResNet'
  const { tensors, metadata } = readSafetensors(bytes)
  if (metadata.architecture !== architecture)
    throw new RangeError(
      `${where}: metadata must have the architecture '${architecture}', got ${metadata.architecture ?? 'none'}.`,
    )
  const config = parseConfig(where, metadata.config)
  const shapes = weightShapes(config)
  for (const [name, shape] of shapes) {
    const found = tensors.get(name)
    if (found?.dtype !== 'F32' || String(found.shape) !== String(shape)) {
      const got = found ? `${found.dtype} [${found.shape}]` : 'none'
      throw new RangeError(`${where}: ${name} must be F32 [${shape}], got ${got}.`)
    }
  }
  const weights = new Map<string, tf.Variable>()
  for (const [name, shape] of shapes) {
    const { data } = tensors.get(name)!
    weights.set(
      name,
      tf.tidy(() => tf.variable(tf.tensor(data as Float32Array, shape))),
    )
  }
  return new SmallResNet(config, weights, description)
}

function parseConfig(where: string, text = ''): SmallResNetConfig {
  try {
    const config = JSON.parse(text) as SmallResNetConfig
    checkConfig(where, config)
    return config
  } catch (cause) {
    throw new RangeError(`${where}: metadata must have a valid config, got '${text.slice(0, 200)}'.`, {
      cause,
    })
  }
}
