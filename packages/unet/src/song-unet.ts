import { checkTensor, conv2d, groupNormSilu, type Rng, resample, type Weights } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { groupsOf, type ResolvedConfig, resolveConfig, type SongUNetConfig } from './config.js'
import { EPSILON, finder, residualBlock } from './internal/block.js'
import { blockShifts, embed } from './internal/embedding.js'
import { initBuffers, initWeights } from './internal/init-weights.js'
import { type BlockLayer, type Layer, type PlainLayer, songLayers } from './internal/layers.js'
import { weightTable } from './internal/weight-table.js'
import type { ForwardOptions, Network } from './network.js'

const WHERE = 'unet.forward'

/** Where weights come from: a seed, or variables that stay the caller's. */
export type WeightSource = { rng: Rng } | { weights: Weights; buffers?: Weights }

/**
 * The U-Net of score-based models, DDPM++ and NCSN++ (Song et al., arXiv 2011.11456) as EDM configures it (Karras et
 * al., arXiv 2206.00364, appendix F).
 */
export class SongUNet implements Network {
  readonly config: ResolvedConfig
  /** Trainable weights by the reference's names, conv [h,w,I,O], linear [in,out]; qkv columns as q, k, v blocks. */
  readonly weights: Weights
  /** Stored with the weights, not trained: the frequencies of a Fourier embedding. */
  readonly buffers: Weights
  private readonly layers: readonly Layer[]
  private readonly owned: boolean
  private disposed = false

  constructor(config: SongUNetConfig, source: WeightSource) {
    this.config = resolveConfig(config)
    this.layers = songLayers(this.config)
    this.owned = 'rng' in source
    this.weights = 'rng' in source ? initWeights(this.config, source.rng) : source.weights
    this.buffers = 'rng' in source ? initBuffers(this.config, source.rng) : (source.buffers ?? new Map())
    if (!this.owned) this.checkWeights()
  }

  /** The same network with other weights, such as their moving averages. They stay the caller's; so does this. */
  withWeights(weights: Weights): SongUNet {
    return new SongUNet(this.config, { weights, buffers: this.buffers })
  }

  /**
   * @param x            [B,H,W,C], H = W = imgResolution, C = inChannels
   * @param noiseLabels  [B], c_noise of EDM
   * @returns            [B,H,W,C], C = outChannels
   */
  forward(x: tf.Tensor4D, noiseLabels: tf.Tensor1D, options: ForwardOptions = {}): tf.Tensor4D {
    this.checkInputs(x, noiseLabels, options)
    return tf.tidy(() => {
      const embedding = embed(
        this.config,
        this.weights,
        this.buffers.get('map_noise.freqs'),
        noiseLabels,
        options,
      )
      const blocks = this.layers.filter((layer): layer is BlockLayer => layer.kind === 'block')
      const shifts = blockShifts(blocks, this.weights, embedding)
      const shiftOf = new Map(blocks.map(({ name }, i) => [name, shifts[i] as tf.Tensor4D]))
      const run = (layer: BlockLayer, y: tf.Tensor4D) =>
        residualBlock(
          layer,
          finder(this.weights, layer.name),
          y,
          shiftOf.get(layer.name) as tf.Tensor4D,
          this.config,
          options.training?.rng.fork(layer.name),
        )
      return this.decode(this.encode(x, run), run)
    })
  }

  /** Activations for the way up, the deepest last. */
  private encode(x: tf.Tensor4D, run: (layer: BlockLayer, y: tf.Tensor4D) => tf.Tensor4D): tf.Tensor4D[] {
    const { resampleFilter, skipScale } = this.config
    const skips: tf.Tensor4D[] = []
    let aux = x
    for (const layer of this.layers) {
      if (layer.side !== 'enc') continue
      const top = skips.at(-1) as tf.Tensor4D
      if (layer.kind === 'conv') skips.push(this.conv(layer.name, x))
      else if (layer.kind === 'block') skips.push(tf.tidy(() => run(layer, top)))
      else if (layer.kind === 'auxDown') aux = resample(aux, 'down', resampleFilter)
      else {
        const sum = tf.tidy(() =>
          layer.kind === 'auxSkip'
            ? tf.add(top, this.conv(layer.name, aux))
            : tf.mul(tf.add(top, this.residual(layer, aux)), skipScale),
        ) as tf.Tensor4D
        if (layer.kind === 'auxResidual') aux = sum
        skips[skips.length - 1] = sum
        top.dispose()
      }
    }
    return skips
  }

  private decode(skips: tf.Tensor4D[], run: (layer: BlockLayer, y: tf.Tensor4D) => tf.Tensor4D): tf.Tensor4D {
    const { resampleFilter } = this.config
    let x = skips.at(-1) as tf.Tensor4D
    let image: tf.Tensor4D | null = null
    for (const layer of this.layers) {
      if (layer.side !== 'dec') continue
      if (layer.kind === 'block') {
        const before = x
        const skip = before.shape[3] === layer.in ? null : (skips.pop() as tf.Tensor4D)
        x = tf.tidy(() => run(layer, skip ? tf.concat([before, skip], 3) : before))
        // Only what a later block reads stays: the deepest activation is the first input and the first skip.
        if (skip) skip.dispose()
        if (before !== skips.at(-1)) before.dispose()
      } else if (layer.kind === 'auxUp') image = resample(image as tf.Tensor4D, 'up', resampleFilter)
      else {
        const below: tf.Tensor4D | null = image
        image = tf.tidy(() => {
          const out = this.out(layer.name, x)
          return below ? tf.add(below, out) : out
        }) as tf.Tensor4D
      }
    }
    return image as tf.Tensor4D
  }

  private conv(name: string, x: tf.Tensor4D, pad: 'same' | number = 'same', bias = true): tf.Tensor4D {
    const find = finder(this.weights, name)
    return conv2d(x, find<tf.Tensor4D>('.weight'), bias ? find<tf.Tensor1D>('.bias') : undefined, { pad })
  }

  /** The image's way down in NCSN++: 3x3 convolution of the zero-padded plane, then the filter, then the bias. */
  private residual({ name }: PlainLayer, aux: tf.Tensor4D): tf.Tensor4D {
    const { resampleFilter } = this.config
    const [b, height, width] = aux.shape
    // The filter must see the convolution beyond the edges where resample sees zeros: make a wider plane, then cut.
    const margin = (resampleFilter.length - 2) / 2
    const wide = resample(this.conv(name, aux, 1 + 2 * margin, false), 'down', resampleFilter)
    const inner = tf.slice(wide, [0, margin, margin, 0], [b, height / 2, width / 2, -1])
    return tf.add(inner, finder(this.weights, name)<tf.Tensor1D>('.bias'))
  }

  private out(name: string, x: tf.Tensor4D): tf.Tensor4D {
    const find = finder(this.weights, name)
    const y = groupNormSilu(x, find<tf.Tensor1D>('_norm.weight'), find<tf.Tensor1D>('_norm.bias'), {
      groups: groupsOf(x.shape[3]),
      epsilon: EPSILON,
    })
    return this.conv(`${name}_conv`, y)
  }

  private checkInputs(x: tf.Tensor4D, noiseLabels: tf.Tensor1D, options: ForwardOptions): void {
    const { imgResolution: side, inChannels, labelDim, augmentDim } = this.config
    if (this.disposed) throw new TypeError(`${WHERE}: the network must be live, got a disposed one.`)
    checkTensor(WHERE, 'x', x, ['B', side, side, inChannels])
    const [b] = x.shape
    checkTensor(WHERE, 'noiseLabels', noiseLabels, [b])
    const labels = (name: 'classLabels' | 'augmentLabels', length: number) => {
      const value = options[name]
      if (value === undefined) return
      if (!length)
        throw new RangeError(`${WHERE}: ${name} must be absent for a network without them, got a tensor.`)
      checkTensor(WHERE, name, value, [value.shape?.[0] === 1 ? 1 : b, length])
    }
    labels('classLabels', labelDim)
    labels('augmentLabels', augmentDim)
  }

  private checkWeights(): void {
    for (const [name, { shape }] of weightTable(this.config))
      checkTensor('unet.SongUNet', name, this.weights.get(name), shape)
    if (this.config.embeddingType === 'fourier') {
      const n = (this.config.modelChannels * this.config.channelMultNoise) / 2
      checkTensor('unet.SongUNet', 'map_noise.freqs', this.buffers.get('map_noise.freqs'), [n])
    }
  }

  /** Free the weights that the network made. */
  dispose(): void {
    if (this.owned && !this.disposed) tf.dispose([...this.weights.values(), ...this.buffers.values()])
    this.disposed = true
  }
}
