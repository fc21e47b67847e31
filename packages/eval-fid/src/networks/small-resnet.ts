import { conv2d } from '@rectified-flow/backends'
import {
  checkInt,
  checkOptions,
  checkTensor,
  type OptionNames,
  type Rng,
  type Weights,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Extractor, NetworkDescription } from '../extractor.js'

/** The sizes of a small residual network; saved with its weights. */
export interface SmallResNetConfig {
  /** Height and width of the images. */
  size: number
  /** Channels of the images. */
  channels: number
  /** Channels of each stage; a stage halves height and width. The last is the number of features. */
  widths: readonly number[]
  /** Classes that it is trained to tell apart. */
  classes: number
}

const configNames: OptionNames<SmallResNetConfig> = {
  size: 'required',
  channels: 'required',
  widths: 'required',
  classes: 'required',
}

/** The network of the digit features: [N,28,28,1] to 64 features, 72,498 weights. */
export const digitConfig: SmallResNetConfig = { size: 28, channels: 1, widths: [16, 32, 64], classes: 10 }

/**
 * A small residual classifier. Its features, for measuring images, are its last hidden layer averaged over space.
 *
 *   stage     h = down(h), 3x3 with stride 2; then h + expand(silu(squeeze(silu(h)))), 3x3 both, half the channels
 *   features  mean of silu(h) over height and width
 *   logits    features · W + b
 *
 * Its only layer type in common with the perceptual networks of `losses-lpips-huber` (plain stacks of ReLU and pooling) is
 * the convolution: a result must not be measured with the kind of network that its loss was trained with.
 */
export class SmallResNet implements Extractor<'features' | 'logits'> {
  readonly dim: number
  readonly outputs = ['features', 'logits'] as const

  /** Takes ownership of the weights, named as in `weightShapes`. Most callers want `smallResNet` or `loadSmallResNet`. */
  constructor(
    readonly config: SmallResNetConfig,
    readonly weights: Weights,
    readonly description: NetworkDescription = { network: 'SmallResNet' },
  ) {
    checkOptions('eval-fid.SmallResNet', config, configNames, 'config')
    this.dim = config.widths.at(-1)!
  }

  /** Features [N,dim] of images [N,size,size,channels] in [-1,1]. */
  extract(images: tf.Tensor4D): tf.Tensor2D {
    return this.#forward('extract', images)
  }

  /** Class scores [N,classes] before the softmax, for training. images [N,size,size,channels] in [-1,1]. */
  logits(images: tf.Tensor4D): tf.Tensor2D {
    return tf.tidy(() => this.#classify(this.#forward('logits', images)))
  }

  /** Features and class scores from one pass. */
  measure<Name extends 'features' | 'logits'>(
    images: tf.Tensor4D,
    outputs: readonly Name[],
  ): Record<Name, tf.Tensor2D> {
    return tf.tidy(() => {
      const features = this.#forward('measure', images)
      const found: Partial<Record<string, tf.Tensor2D>> = {}
      for (const name of outputs)
        found[name] = name === 'logits' ? this.#classify(features) : tf.clone(features)
      return found as Record<Name, tf.Tensor2D>
    })
  }

  dispose(): void {
    for (const weight of this.weights.values()) weight.dispose()
  }

  #classify(features: tf.Tensor2D): tf.Tensor2D {
    return tf.add(tf.matMul(features, this.#weight('head.weight')), this.#weight('head.bias'))
  }

  #forward(method: string, images: tf.Tensor4D): tf.Tensor2D {
    const { size, channels, widths } = this.config
    checkTensor(`eval-fid.SmallResNet.${method}`, 'images', images, ['N', size, size, channels])
    return tf.tidy(() => {
      let h = images
      for (let stage = 0; stage < widths.length; stage++) {
        const down = this.#conv(`${stage}.down`, stage === 0 ? h : silu(h), 2)
        const inner = silu(this.#conv(`${stage}.squeeze`, silu(down)))
        h = tf.add(down, this.#conv(`${stage}.expand`, inner))
      }
      return tf.mean(silu(h), [1, 2]) as tf.Tensor2D
    })
  }

  #conv(name: string, x: tf.Tensor4D, strides = 1): tf.Tensor4D {
    const filter = this.#weight(`${name}.weight`) as tf.Tensor4D
    return conv2d(x, filter, this.#weight(`${name}.bias`) as tf.Tensor1D, { strides })
  }

  #weight(name: string): tf.Variable {
    return this.weights.get(name)!
  }
}

function silu(x: tf.Tensor4D): tf.Tensor4D {
  return tf.mul(x, tf.sigmoid(x))
}

/** Names and shapes of the weights: convolutions [h,w,in,out], the head [in,out]. */
export function weightShapes({ channels, widths, classes }: SmallResNetConfig): Map<string, number[]> {
  const shapes = new Map<string, number[]>()
  const conv = (name: string, input: number, output: number) => {
    shapes.set(`${name}.weight`, [3, 3, input, output])
    shapes.set(`${name}.bias`, [output])
  }
  widths.forEach((width, stage) => {
    conv(`${stage}.down`, widths[stage - 1] ?? channels, width)
    conv(`${stage}.squeeze`, width, width / 2)
    conv(`${stage}.expand`, width / 2, width)
  })
  const dim = widths.at(-1)!
  return shapes.set('head.weight', [dim, classes]).set('head.bias', [classes])
}

export interface SmallResNetOptions extends Partial<SmallResNetConfig> {
  /** Draws the weights. */
  rng: Rng
}

const smallResNetNames: OptionNames<SmallResNetOptions> = {
  rng: 'required',
  size: 'optional',
  channels: 'optional',
  widths: 'optional',
  classes: 'optional',
}

/**
 * A network to train, by default of `digitConfig`. Weights are He normal. Biases and the last convolution of each residual
 * branch are 0, so that every branch starts as the identity.
 */
export function smallResNet(options: SmallResNetOptions): SmallResNet {
  checkOptions('eval-fid.smallResNet', options, smallResNetNames)
  const { rng, ...config } = options
  const full = { ...digitConfig, ...config }
  checkConfig('eval-fid.smallResNet', full)
  const weights = new Map<string, tf.Variable>()
  for (const [name, shape] of weightShapes(full)) {
    const zero = name.endsWith('.bias') || name.endsWith('.expand.weight')
    const fanIn = shape.slice(0, -1).reduce((product, n) => product * n, 1)
    const variable = tf.tidy(() => {
      const initial = zero ? tf.zeros(shape) : tf.mul(rng.fork(name).normal(shape), Math.sqrt(2 / fanIn))
      return tf.variable(initial)
    })
    weights.set(name, variable)
  }
  return new SmallResNet(full, weights)
}

/** Throw unless a network can be built from this configuration. */
export function checkConfig(where: string, { size, channels, widths, classes }: SmallResNetConfig): void {
  checkInt(where, 'size', size, 1)
  checkInt(where, 'channels', channels, 1)
  checkInt(where, 'classes', classes, 1)
  checkInt(where, 'widths.length', widths.length, 1)
  widths.forEach((width, stage) => {
    checkInt(where, `widths[${stage}]`, width, 2)
    if (width % 2) throw new RangeError(`${where}: widths[${stage}] must be even, got ${width}.`)
  })
}
