import type { HostTensor } from '@rectified-flow/checkpoints'
import {
  checkBackend,
  checkKind,
  checkOptions,
  checkRng,
  checkTensor,
  describe,
  type Rng,
  type Weights,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { architectureOf, type ResolvedUNetConfig } from './config.js'
import { decode, encode } from './internal/encode-decode.js'
import { initWeights } from './internal/init-weights.js'
import { weightsOf } from './internal/match-tensors.js'
import { modulations } from './internal/modulations.js'
import { type AverageNetwork, type IntervalOptions, intervalNames, trainingNames } from './network.js'

const WHERE = 'unet.forward'

/** Where weights come from: a seed, a checkpoint's tensors, or variables, which the caller keeps and disposes. */
export type WeightSource =
  | { rng: Rng }
  | { tensors: ReadonlyMap<string, HostTensor>; prefix?: string }
  | { weights: Weights; buffers?: Weights }

/** The common base of `SongUNet` and `DhariwalUNet`. `createUNet` makes either. */
export abstract class UNet<C extends ResolvedUNetConfig = ResolvedUNetConfig> implements AverageNetwork {
  /** Trainable weights by the reference's names: conv [h,w,I,O], linear [in,out]; qkv's columns are the blocks q, k, v. */
  readonly weights: Weights
  /** Variables that are stored with the weights and not trained: the frequencies of a Fourier embedding. */
  readonly buffers: Weights
  readonly #architecture
  readonly #owned: boolean
  #disposed = false

  protected constructor(
    readonly config: C,
    source: WeightSource,
  ) {
    const architecture = architectureOf(config)
    checkSource(architecture.where, source)
    this.#architecture = architecture
    this.#owned = !('weights' in source)
    if ('weights' in source) {
      this.weights = source.weights
      this.buffers = source.buffers ?? new Map()
      const { where, weights, buffers } = architecture
      for (const [name, { shape }] of weights) checkTensor(where, name, this.weights.get(name), shape)
      for (const [name, { shape }] of buffers) checkTensor(where, name, this.buffers.get(name), shape)
    } else if ('rng' in source) {
      this.weights = initWeights(architecture.weights, source.rng)
      this.buffers = initWeights(architecture.buffers, source.rng, false)
    } else {
      const { weights, buffers } = weightsOf(architecture, source.tensors, source.prefix)
      this.weights = weights
      this.buffers = buffers
    }
  }

  /** The same network with other weights, such as moving averages. The caller disposes them, and this network. */
  abstract withWeights(weights: Weights): UNet<C>

  /**
   * @param x            [B,H,W,C], H = W = imgResolution, C = inChannels
   * @param noiseLabels  [B], c_noise of EDM
   * @returns            [B,H,W,C], C = outChannels
   */
  forward(x: tf.Tensor4D, noiseLabels: tf.Tensor1D, options: IntervalOptions = {}): tf.Tensor4D {
    checkOptions(WHERE, options, intervalNames)
    this.#checkInputs(x, noiseLabels, options)
    const { weights, buffers } = this
    const architecture = this.#architecture
    return tf.tidy(() => {
      const embedding = tf.tidy(() => architecture.embed(weights, buffers, noiseLabels, options))
      const added = modulations(architecture.layers, weights, embedding)
      const pass = { ...architecture, weights, modulations: added, training: options.training }
      return decode(pass, encode(pass, x))
    })
  }

  #checkInputs(x: tf.Tensor4D, noiseLabels: tf.Tensor1D, options: IntervalOptions): void {
    const { imgResolution: side, inChannels, labelDim, augmentDim, times } = this.config
    if (this.#disposed) throw new TypeError(`${WHERE}: the network must be live, got a disposed one.`)
    checkTensor(WHERE, 'x', x, ['B', side, side, inChannels])
    const [b] = x.shape
    checkTensor(WHERE, 'noiseLabels', noiseLabels, [b])
    if (options.endLabels) {
      if (times !== 2)
        throw new RangeError(
          `${WHERE}: endLabels must be absent for a network of one time, got a tensor. Make it with times: 2.`,
        )
      checkTensor(WHERE, 'endLabels', options.endLabels, [b])
    }
    const labels = (name: 'classLabels' | 'augmentLabels', length: number) => {
      const value = options[name]
      if (value === undefined) return
      if (!length)
        throw new RangeError(`${WHERE}: ${name} must be absent for a network without them, got a tensor.`)
      checkTensor(WHERE, name, value, [value.shape?.[0] === 1 ? 1 : b, length])
    }
    labels('classLabels', labelDim)
    labels('augmentLabels', augmentDim)
    if (options.training) {
      checkOptions(WHERE, options.training, trainingNames, 'training')
      if (options.training.rng !== undefined) checkRng(WHERE, options.training.rng)
    }
  }

  /** Free the weights, if the network made them. */
  dispose(): void {
    if (this.#owned && !this.#disposed) tf.dispose([...this.weights.values(), ...this.buffers.values()])
    this.#disposed = true
  }
}

const sources = ['rng', 'tensors', 'weights'] as const

/** Throw unless weights come from one of the three sources. */
function checkSource(where: string, source: WeightSource): void {
  checkBackend(where)
  const given = sources.filter(name => source !== null && typeof source === 'object' && name in source)
  if (given.length !== 1)
    throw new TypeError(
      `${where}: source must be one of { rng }, { tensors } and { weights }, got ${describe(source)}.`,
    )
  if ('rng' in source) checkRng(where, source.rng)
  else if ('tensors' in source)
    checkKind(where, 'tensors', source.tensors, 'a Map of tensors such as readCheckpoint gives', [
      'get',
      'keys',
    ])
  else checkKind(where, 'weights', source.weights, "a Map of variables, such as a network's weights", ['get'])
}
