import { compile } from '@rectified-flow/backends'
import {
  checkInt,
  checkOptions,
  classNumber,
  createRng,
  type Denoiser,
  describe,
  type Field,
  indexedNormal,
  type OptionNames,
  oneHot,
} from '@rectified-flow/core'
import { type SamplerOptions, sample, samplerNames } from '@rectified-flow/reflow'
import {
  edm,
  type ForwardOptions,
  networkDenoiser,
  networkVelocity,
  type Preconditioner,
  type UNet,
} from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { classOfSeed } from './class-of-seed.js'

export interface FlowParts {
  /** The form in which the network was trained; EDM's by default, as in 2-rectified flow++. */
  preconditioner?: Preconditioner
  /** The names of the network's classes, in the order of their numbers. */
  classNames?: readonly string[] | undefined
}

export interface FlowSampleOptions extends SamplerOptions {
  /** Image i is drawn from the noise of seed + i, so that an image is the same in any number of images. */
  seed?: number
  /** Class of every image, its number or its name, if the network has classes; by default each image has that of its seed. */
  class?: number | string
}

const sampleNames: OptionNames<FlowSampleOptions> = { ...samplerNames, seed: 'optional', class: 'optional' }

/** Images drawn at a time: more at once need more memory and are hardly faster. */
const BATCH = 64

type Draw = (z: tf.Tensor4D, labels?: tf.Tensor2D) => tf.Tensor4D

/** A network as the flow that it is: its velocity, and images drawn with it. It owns the network. */
export class Flow {
  readonly net: UNet
  readonly preconditioner: Preconditioner
  /** The names of the classes, if the network's file has them. */
  readonly classNames: readonly string[] | undefined
  #drawn: { options: SamplerOptions; draw: Draw; dispose(): void } | undefined

  constructor(net: UNet, options: FlowParts = {}) {
    const where = 'flow.Flow'
    checkOptions<FlowParts>(where, options, { preconditioner: 'optional', classNames: 'optional' })
    const { preconditioner = edm(), classNames } = options
    if (classNames && classNames.length !== net.config.labelDim)
      throw new RangeError(
        `${where}: classNames must hold a name for each of ${net.config.labelDim} classes, got ${classNames.length}.`,
      )
    this.net = net
    this.preconditioner = preconditioner
    this.classNames = classNames
  }

  /** dx/dt at x [B,H,W,C], t [B]: for every sampler, solver and inverter of the other packages. */
  velocity(options: ForwardOptions = {}): Field {
    return networkVelocity(this.net, this.preconditioner, options)
  }

  /** E[data given x] at x [B,H,W,C], sigma [B]: for `sampleEdm`, if the network is a diffusion model. */
  denoiser(options: ForwardOptions = {}): Denoiser {
    return networkDenoiser(this.net, this.preconditioner, options)
  }

  /**
   * Draw images from noise, by default in one step.
   *
   * @returns  [count,H,W,C] in [-1,1]; the caller disposes it
   */
  sample(count: number, options: FlowSampleOptions = {}): tf.Tensor4D {
    const where = 'flow.Flow.sample'
    checkOptions(where, options, sampleNames)
    checkInt(where, 'count', count, 1)
    const { seed = 0, class: given, ...sampling } = options
    checkInt(where, 'seed', seed, 0)
    const { imgResolution: side, inChannels: channels, labelDim: classes } = this.net.config
    const only = given === undefined ? undefined : this.classNumber(given)
    const draw = this.#drawWith(sampling)
    const rng = createRng(0)
    return tf.tidy(() => {
      const parts: tf.Tensor4D[] = []
      for (let first = 0; first < count; first += BATCH) {
        const seeds = Array.from({ length: Math.min(BATCH, count - first) }, (_, i) => seed + first + i)
        parts.push(
          tf.tidy(() => {
            const z = indexedNormal(rng, seeds, [side, side, channels])
            const labels = seeds.map(one => only ?? (classes > 0 ? classOfSeed(one, classes) : 0))
            return draw(z, classes > 0 ? oneHot(labels, classes) : undefined)
          }),
        )
      }
      return parts.length === 1 ? parts[0]! : tf.concat(parts, 0)
    })
  }

  /** The number of a class that is given by its number or by its name. Throws for a network without classes. */
  classNumber(label: number | string): number {
    const { labelDim } = this.net.config
    if (labelDim === 0)
      throw new RangeError(
        `flow.Flow: class must be absent, because the network has no classes, got ${describe(label)}.`,
      )
    return classNumber(this.classNames ?? labelDim, label)
  }

  /** Dispose the network. */
  dispose(): void {
    this.#forget()
    this.net.dispose()
  }

  /** The whole sampler as one function, compiled unless the options say otherwise, and kept while they stay the same. */
  #drawWith(options: SamplerOptions): Draw {
    if (this.#drawn && isSame(this.#drawn.options, options)) return this.#drawn.draw
    this.#forget()
    const draw: Draw = (z, labels) =>
      sample(this.velocity({ classLabels: labels }), z, { ...options, compile: false }).x
    const compiled = options.compile === false ? undefined : compile(draw)
    this.#drawn = { options, draw: compiled ?? draw, dispose: () => compiled?.dispose() }
    return this.#drawn.draw
  }

  #forget(): void {
    this.#drawn?.dispose()
    this.#drawn = undefined
  }
}

function isSame(a: SamplerOptions, b: SamplerOptions): boolean {
  const plain = ({ method, ...options }: SamplerOptions) => JSON.stringify(Object.entries(options).sort())
  return a.method === b.method && plain(a) === plain(b)
}
