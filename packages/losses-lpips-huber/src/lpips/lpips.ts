import { type HostTensor, toFloat32 } from '@rectified-flow/checkpoints'
import {
  checkBackend,
  checkInt,
  checkKind,
  checkOptions,
  checkTensor,
  constant,
  type OptionNames,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { resizeBilinear } from '../internal/resize-bilinear.js'
import { type FeaturePyramid, type PerceptualDistance, perceptualDistance } from '../perceptual-distance.js'
import { type Backbone, backbones, convolutions, detectBackbone, type Step, tapWidths } from './backbones.js'
import { averagePool, convRelu, fire, type Layer, maxPool } from './layers.js'
import { type Both, stage } from './stage.js'

/** The weights of an LPIPS: a backbone's tensors under torchvision's names, and the heads of the lpips package. */
export interface LpipsWeights {
  /** `features.0.weight` [O,I,h,w] and so on. The names decide whether it is VGG16, AlexNet or SqueezeNet 1.1. */
  backbone: ReadonlyMap<string, HostTensor>
  /** `lin0.model.1.weight` [1,C,1,1] and so on; 'unlearned' weighs all channels equally (lpips=False of the package). */
  heads: ReadonlyMap<string, HostTensor> | 'unlearned'
}

export interface LpipsOptions {
  /** First resize images to this many pixels per side: bilinear, half-pixel centres, no antialiasing. */
  size?: number | 'as given'
  /** Keep only the compared layers for the backward pass, and compute those between again: less memory, more time. */
  recompute?: boolean
}

export const lpipsNames: OptionNames<LpipsOptions> = {
  size: 'optional',
  recompute: 'optional',
}

/** ImageNet's mean and deviation for images in [-1,1]: the shift and scale of the lpips package. */
const MEAN = [-0.03, -0.088, -0.188]
const DEVIATION = [0.458, 0.448, 0.45]

/**
 * With at most as many pixels, images and constants go through the backbone in one pass: the deep layers then have so few of
 * them that their weights take most of the time. With more, that gains little, and the constants take memory.
 */
const FEW_PIXELS = 65_536

/** A frozen backbone with its heads. Its weights are plain tensors: they never get a gradient. */
export class Lpips {
  readonly backbone: Backbone
  /** The feature maps that are compared: images [B,H,W,3] in [-1,1] -> one [B,h,w,C] per layer. Has `pair`. */
  readonly features: FeaturePyramid
  /** The distance of images [B,H,W,3] in [-1,1]; the gradient goes to the first argument. Has `layers` and `map`. */
  readonly distance: PerceptualDistance
  readonly #tensors: tf.Tensor[] = []

  constructor(
    where: string,
    { backbone, heads }: LpipsWeights,
    { size = 'as given', recompute = false, average }: LpipsOptions & { average: boolean },
  ) {
    checkBackend(where)
    checkKind(where, 'weights.backbone', backbone, 'a Map of tensors', ['get', 'has'])
    if (heads !== 'unlearned')
      checkKind(where, 'weights.heads', heads, "a Map of tensors or 'unlearned'", ['get'])
    if (size !== 'as given') checkInt(where, 'size', size, 1)
    this.backbone = detectBackbone(where, backbone)
    try {
      const layerOf = this.#layers(where, backbone, average)
      const stages = split(backbones[this.backbone]).map(steps => stage(steps.map(layerOf), { recompute }))
      const [mean, deviation] = [MEAN, DEVIATION].map(values => this.#keep(values, [3]))
      const side = size === 'as given' ? null : ([size, size] as const)
      const normalised = (images: tf.Tensor4D): tf.Tensor4D =>
        tf.tidy(() => tf.div(tf.sub(side ? resizeBilinear(images, side) : images, mean!), deviation!))
      const through = (both: Both): Both[] =>
        stages.map(run => {
          both = run(both)
          return both
        })
      const features = (images: tf.Tensor4D): tf.Tensor4D[] => {
        checkTensor(where, 'images', images, ['B', 'H', 'W', 3])
        return tf.tidy(() => through({ images: normalised(images) }).map(({ images }) => images))
      }
      const pair: FeaturePyramid['pair'] = (images, constants) => {
        checkTensor(where, 'images', images, ['B', 'H', 'W', 3])
        checkTensor(where, 'constants', constants, images.shape)
        const [batch, height, width] = [
          images.shape[0],
          ...(side ?? (images.shape.slice(1, 3) as [number, number])),
        ]
        if (2 * batch * height * width > FEW_PIXELS) return null
        return tf.tidy((): [tf.Tensor4D[], tf.Tensor4D[]] => {
          const maps = through({
            images: normalised(images),
            constants: constant(() => normalised(constants)),
          })
          return [maps.map(({ images }) => images), maps.map(({ constants }) => constants!)]
        })
      }
      this.features = Object.assign(features, { pair })
      const weights = heads === 'unlearned' ? undefined : this.#heads(where, heads)
      this.distance = perceptualDistance(this.features, { heads: weights })
    } catch (error) {
      this.dispose()
      throw error
    }
  }

  #layers(where: string, tensors: LpipsWeights['backbone'], average: boolean): (step: Step) => Layer {
    const convolution = ({
      name,
      inputs,
      outputs,
      size,
      stride,
      pad,
    }: ReturnType<typeof convolutions>[0]) => {
      const weight = read(where, tensors, `${name}.weight`, [outputs, inputs, size, size])
      const bias = read(where, tensors, `${name}.bias`, [outputs])
      const filter = tf.tidy(() =>
        tf.transpose(tf.tensor(weight, [outputs, inputs, size, size]), [2, 3, 1, 0]),
      )
      this.#tensors.push(tf.keep(filter))
      return convRelu(filter as tf.Tensor4D, this.#keep(bias, [outputs]) as tf.Tensor1D, { stride, pad })
    }
    return step => {
      if (step.kind === 'pool') return average ? averagePool : maxPool(step.size, step)
      const [first, ...expansions] = convolutions(step).map(convolution)
      return expansions.length === 0 ? first! : fire(first!, expansions[0]!, expansions[1]!)
    }
  }

  #heads(where: string, tensors: ReadonlyMap<string, HostTensor>): tf.Tensor1D[] {
    return tapWidths(this.backbone).map((width, i) => {
      const values = read(where, tensors, `lin${i}.model.1.weight`, [1, width, 1, 1])
      return this.#keep(values, [width]) as tf.Tensor1D
    })
  }

  #keep(values: Float32Array | number[], shape: number[]): tf.Tensor {
    this.#tensors.push(tf.keep(tf.tensor(values, shape)))
    return this.#tensors.at(-1)!
  }

  dispose(): void {
    tf.dispose(this.#tensors)
  }
}

/** The steps up to each tap. */
function split(steps: readonly Step[]): Step[][] {
  const parts: Step[][] = [[]]
  for (const step of steps) {
    if (step.kind === 'tap') parts.push([])
    else parts.at(-1)!.push(step)
  }
  return parts.filter(part => part.length > 0)
}

function read(
  where: string,
  tensors: ReadonlyMap<string, HostTensor>,
  name: string,
  shape: number[],
): Float32Array {
  const host = tensors.get(name)
  if (host && String(host.shape) === String(shape)) return toFloat32(host)
  const got = host ? `[${host.shape}]` : 'none'
  throw new RangeError(`${where}: the weights' ${name} must have shape [${shape}], got ${got}.`)
}

/**
 * LPIPS as the lpips package measures it: maximum pooling, no resizing.
 *
 * @returns  an Lpips, for the caller to dispose
 * @see Zhang et al., arXiv 1801.03924; richzhang/PerceptualSimilarity, version 0.1
 */
export function lpips(weights: LpipsWeights, options: LpipsOptions = {}): Lpips {
  checkOptions('losses-lpips-huber.lpips', options, lpipsNames)
  checkKind('losses-lpips-huber.lpips', 'weights', weights, 'an object of backbone and heads', [
    'backbone',
    'heads',
  ])
  return new Lpips('losses-lpips-huber.lpips', weights, { ...options, average: false })
}

/**
 * LPIPS as 2-rectified flow++ uses it in training: VGG16 with average pooling, images resized to 224 first.
 *
 * @returns  an Lpips, for the caller to dispose
 * @see Lee, Lin, Fanti, arXiv 2405.20320, whose released code uses piq's LPIPS(replace_pooling=True)
 */
export function lpipsAveragePooling(weights: LpipsWeights, options: LpipsOptions = {}): Lpips {
  const where = 'losses-lpips-huber.lpipsAveragePooling'
  checkOptions(where, options, lpipsNames)
  checkKind(where, 'weights', weights, 'an object of backbone and heads', ['backbone', 'heads'])
  const { size = 224, ...rest } = options
  const made = new Lpips(where, weights, { size, ...rest, average: true })
  if (made.backbone === 'vgg16') return made
  made.dispose()
  throw new RangeError(`${where}: backbone must be vgg16, got ${made.backbone}.`)
}
