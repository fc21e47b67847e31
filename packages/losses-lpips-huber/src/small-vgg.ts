import { conv2d } from '@rectified-flow/backends'
import {
  checkBackend,
  checkInt,
  checkKind,
  checkList,
  checkOptions,
  checkRng,
  checkTensor,
  describe,
  type OptionNames,
  type Rng,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/** The shape of a SmallVgg: one stage of two 3x3 convolutions per width, images of `channels`, `classes` logits. */
export interface SmallVggArchitecture {
  widths: readonly number[]
  channels: number
  classes: number
}

const architectureNames: OptionNames<SmallVggArchitecture> = {
  widths: 'required',
  channels: 'required',
  classes: 'required',
}

export interface SmallVggOptions extends Partial<SmallVggArchitecture> {
  rng: Rng
}

const smallVggNames: OptionNames<SmallVggOptions> = {
  rng: 'required',
  widths: 'optional',
  channels: 'optional',
  classes: 'optional',
}

/**
 * A small perceptual network like VGG: stages of two 3x3 convolutions, each with ReLU, and 2x2 average pooling between
 * stages (average, as in the LPIPS with which 2-rectified flow++ trains). A linear classifier on the pooled last stage is
 * used to train it.
 *
 * `createSmallVgg` gives one to train, whose weights are variables; `loadSmallVgg` and `freeze` give one to measure with,
 * whose weights are plain tensors, which never get a gradient. Weights (those of convolutions are [3,3,I,O]):
 *
 *     stage.0.conv.0.weight  stage.0.conv.0.bias  stage.0.conv.1.weight ...  classifier.weight [C,classes]  classifier.bias
 */
export class SmallVgg<W extends tf.Tensor = tf.Tensor> {
  /** The feature maps, after the last ReLU of each stage: images [B,H,W,channels] in [-1,1] -> [B,h,w,width] each. */
  readonly features: (images: tf.Tensor4D) => tf.Tensor4D[]

  /**
   * @param weights  by name, as `weightShapes` lists them; owned by this object from here on
   * @param heads    weights of a perceptual distance, [width] per stage; owned by this object too
   */
  constructor(
    readonly architecture: SmallVggArchitecture,
    readonly weights: ReadonlyMap<string, W>,
    readonly heads?: readonly tf.Tensor1D[],
  ) {
    const where = 'losses-lpips-huber.SmallVgg'
    checkOptions(where, architecture, architectureNames, 'architecture')
    checkKind(where, 'weights', weights, 'a Map of tensors', ['get', 'values'])
    for (const [name, shape] of weightShapes(architecture)) checkTensor(where, name, weights.get(name), shape)
    this.features = images => this.#features(images, 'features')
  }

  #features(images: tf.Tensor4D, method: string): tf.Tensor4D[] {
    const { channels, widths } = this.architecture
    checkTensor(`losses-lpips-huber.SmallVgg.${method}`, 'images', images, ['B', 'H', 'W', channels])
    return tf.tidy(() => {
      const maps: tf.Tensor4D[] = []
      let x = images
      for (const stage of widths.keys()) {
        if (stage > 0) x = tf.avgPool(x, 2, 2, 'valid')
        for (const i of [0, 1]) x = tf.relu(this.#conv(x, `stage.${stage}.conv.${i}`))
        maps.push(x)
      }
      return maps
    })
  }

  #conv(x: tf.Tensor4D, name: string): tf.Tensor4D {
    const weight: tf.Tensor = this.weights.get(`${name}.weight`)!
    const bias: tf.Tensor = this.weights.get(`${name}.bias`)!
    return conv2d(x, weight as tf.Tensor4D, bias as tf.Tensor1D)
  }

  /** Class logits: images [B,H,W,channels] in [-1,1] -> [B,classes]. */
  logits(images: tf.Tensor4D): tf.Tensor2D {
    return tf.tidy(() => {
      const last = this.#features(images, 'logits').at(-1)!
      const pooled = tf.mean<tf.Tensor2D>(last, [1, 2])
      const product = tf.matMul(pooled, this.weights.get('classifier.weight')! as tf.Tensor2D)
      return tf.add(product, this.weights.get('classifier.bias')!)
    })
  }

  /** A copy whose weights are plain tensors with the present values, with these heads (default: those it has). */
  freeze(heads: readonly tf.Tensor1D[] | undefined = this.heads): SmallVgg {
    const weights = new Map<string, tf.Tensor>()
    for (const [name, weight] of this.weights) weights.set(name, snapshot(weight))
    return new SmallVgg(this.architecture, weights, heads?.map(snapshot))
  }

  dispose(): void {
    // Disposing a variable twice would free the data of a copy too.
    for (const tensor of [...this.weights.values(), ...(this.heads ?? [])])
      if (!tensor.isDisposed) tensor.dispose()
  }
}

/** The name and shape of every weight, in order. */
export function weightShapes({ widths, channels, classes }: SmallVggArchitecture): Map<string, number[]> {
  const shapes = new Map<string, number[]>()
  let inputs = channels
  for (const [stage, width] of widths.entries()) {
    for (const i of [0, 1]) {
      shapes.set(`stage.${stage}.conv.${i}.weight`, [3, 3, inputs, width])
      shapes.set(`stage.${stage}.conv.${i}.bias`, [width])
      inputs = width
    }
  }
  shapes.set('classifier.weight', [inputs, classes])
  shapes.set('classifier.bias', [classes])
  return shapes
}

/**
 * A SmallVgg to train: weights are variables with He's initialisation, normal with deviation sqrt(2 / inputs)
 * (arXiv 1502.01852), biases 0.
 */
export function createSmallVgg(options: SmallVggOptions): SmallVgg<tf.Variable> {
  const where = 'losses-lpips-huber.createSmallVgg'
  checkOptions(where, options, smallVggNames)
  const { rng, widths = [16, 32, 64], channels = 1, classes = 10 } = options
  checkBackend(where)
  checkRng(where, rng)
  checkList(where, 'widths', widths)
  if (widths.length === 0)
    throw new RangeError(`${where}: widths must have at least one stage, got ${describe(widths)}.`)
  for (const [stage, width] of widths.entries()) checkInt(where, `widths[${stage}]`, width, 1)
  checkInt(where, 'channels', channels, 1)
  checkInt(where, 'classes', classes, 1)
  const architecture = { widths, channels, classes }
  const weights = new Map<string, tf.Variable>()
  for (const [name, shape] of weightShapes(architecture)) {
    const init = tf.tidy(() => {
      if (name.endsWith('bias')) return tf.zeros(shape)
      const inputs = shape.slice(0, -1).reduce((a, b) => a * b, 1)
      return tf.mul(rng.fork(name).normal(shape), Math.sqrt(2 / inputs))
    })
    weights.set(name, tf.variable(init))
    init.dispose()
  }
  return new SmallVgg(architecture, weights)
}

/** A plain tensor with the present value of a tensor or variable; no tf.tidy around it frees it. */
function snapshot<T extends tf.Tensor>(x: T): T {
  return tf.keep(tf.clone(x))
}
