import { attention, conv2d, groupNorm } from '@rectified-flow/backends'
import type { HostTensor } from '@rectified-flow/checkpoints'
import { checkOneOf, checkOptions, checkTensor, type OptionNames } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Extractor, NetworkDescription } from '../extractor.js'
import { toNetworkInput } from '../resize/network-input.js'
import { checkVitConfig, type VitConfig } from './vit-config.js'
import { type Block, type Linear, type Norm, type VitWeights, vitWeights } from './vit-weights.js'

export interface VisionTransformerOptions {
  /** SHA-256 of the weights' file, for the record of a result. */
  weightsSha256?: string
}

const visionTransformerNames: OptionNames<VisionTransformerOptions> = { weightsSha256: 'optional' }

/** How the families differ beyond their sizes. Mean and deviation are of pixels on the scale of 0..255. */
const families = {
  dinov2: {
    epsilon: 1e-6,
    activation: gelu,
    mean: [0.485, 0.456, 0.406].map(v => 255 * v),
    deviation: [0.229, 0.224, 0.225].map(v => 255 * v),
  },
  clip: {
    epsilon: 1e-5,
    activation: quickGelu,
    mean: [0.48145466, 0.4578275, 0.40821073].map(v => 255 * v),
    deviation: [0.26862954, 0.26130258, 0.27577711].map(v => 255 * v),
  },
}

/**
 * A vision transformer whose class token is the features of an image: DINOv2 or the image side of CLIP.
 *
 *   tokens    the class token, and each patch of the image times a matrix; plus positions
 *   block     h + attention(norm(h)), then h + mlp(norm(h)), each branch times LayerScale in DINOv2
 *   features  norm(class token); in CLIP times a projection. They are not normalised to length 1
 *
 * Images are rounded to 8-bit pixels, resized to a square as clean-fid does (Pillow's bicubic in float32), without a crop, and
 * normalised with the mean and deviation that the network was trained with.
 *
 * @see Dosovitskiy et al., arXiv 2010.11929; Oquab et al., DINOv2, arXiv 2304.07193; Radford et al., CLIP, arXiv 2103.00020
 */
export class VisionTransformer implements Extractor<'features'> {
  readonly dim: number
  readonly outputs = ['features'] as const
  readonly description: NetworkDescription
  readonly #config: VitConfig
  readonly #weights: VitWeights

  /** @param tensors  the weights, with the names of Hugging Face's files; not kept */
  constructor(
    tensors: ReadonlyMap<string, HostTensor>,
    config: VitConfig,
    options: VisionTransformerOptions = {},
  ) {
    const where = 'eval-fid.VisionTransformer'
    checkOptions(where, options, visionTransformerNames)
    checkVitConfig(where, config)
    const { weightsSha256 } = options
    this.#config = { ...config }
    this.#weights = vitWeights(where, tensors, config)
    this.dim = config.family === 'clip' ? config.projection : config.width
    const { mean, deviation } = families[config.family]
    this.description = {
      network: config.network,
      ...(weightsSha256 && { weightsSha256 }),
      resize: 'clean',
      inputSize: config.size,
      normalisation: { mean, deviation },
    }
  }

  /** Features [N,dim] of images [N,H,W,3] (or grey [N,H,W,1]) in [-1,1]. */
  extract(images: tf.Tensor4D): tf.Tensor2D {
    checkTensor('eval-fid.VisionTransformer.extract', 'images', images, [
      'N',
      'H',
      'W',
      images.shape?.[3] === 1 ? 1 : 3,
    ])
    const { size, family } = this.#config
    const { mean, deviation } = families[family]
    return tf.tidy(() => {
      const pixels = toNetworkInput(images, size, 'clean')
      const { before, blocks, after, projection } = this.#weights
      let h = this.#tokens(tf.div(tf.sub(pixels, mean), deviation))
      if (before) h = this.#norm(h, before)
      for (const block of blocks) h = this.#block(h, block)
      const first = tf.slice(h, [0, 0, 0], [-1, 1, -1])
      const token = tf.squeeze<tf.Tensor2D>(this.#norm(first, after), [1])
      return projection ? tf.matMul(token, projection) : token
    })
  }

  measure<Name extends 'features'>(images: tf.Tensor4D, outputs: readonly Name[]): Record<Name, tf.Tensor2D> {
    for (const [i, name] of outputs.entries())
      checkOneOf('eval-fid.VisionTransformer.measure', `outputs[${i}]`, name, this.outputs)
    const found: Partial<Record<'features', tf.Tensor2D>> = {}
    if (outputs.length > 0) found.features = this.extract(images)
    return found as Record<Name, tf.Tensor2D>
  }

  dispose(): void {
    tf.dispose(this.#weights)
  }

  #tokens(x: tf.Tensor4D): tf.Tensor3D {
    const { patches, start, positions } = this.#weights
    const { patch, width } = this.#config
    const n = x.shape[0]
    const grid = conv2d(x, patches.filter, patches.bias, { strides: patch, pad: 'valid' })
    const places: tf.Tensor3D = tf.add(tf.reshape(grid, [n, -1, width]), positions)
    return tf.concat([tf.tile(start, [n, 1, 1]), places], 1)
  }

  #block(h: tf.Tensor3D, { norm1, qkv, out, norm2, fc1, fc2 }: Block): tf.Tensor3D {
    const { heads, family } = this.#config
    return tf.tidy(() => {
      const attended = attention(linear(this.#norm(h, norm1), qkv), { heads })
      const middle: tf.Tensor3D = tf.add(h, linear(attended, out))
      const hidden = families[family].activation(linear(this.#norm(middle, norm2), fc1))
      return tf.add(middle, linear(hidden, fc2))
    })
  }

  /** Layer normalisation: group normalisation in which each token is a sample with one group. */
  #norm(x: tf.Tensor3D, { gain, bias }: Norm): tf.Tensor3D {
    const { epsilon } = families[this.#config.family]
    const tokens = tf.reshape(x, [-1, 1, 1, x.shape[2]]) as tf.Tensor4D
    return tf.reshape(groupNorm(tokens, gain, bias, { groups: 1, epsilon }), x.shape)
  }
}

function linear(x: tf.Tensor3D, { weight, bias }: Linear): tf.Tensor3D {
  const [n, tokens, width] = x.shape
  const y = tf.add(tf.matMul(tf.reshape(x, [n * tokens, width]), weight), bias)
  return tf.reshape(y, [n, tokens, weight.shape[1]])
}

/** x Φ(x), with the normal distribution function. */
function gelu(x: tf.Tensor3D): tf.Tensor3D {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))
}

/** CLIP's approximation of it: x sigmoid(1.702 x). */
function quickGelu(x: tf.Tensor3D): tf.Tensor3D {
  return tf.mul(x, tf.sigmoid(tf.mul(x, 1.702)))
}
