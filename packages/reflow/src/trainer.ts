import {
  type AdamSlot,
  adamEma,
  type Coupling,
  checkInt,
  checkNumber,
  type Field,
  NumericError,
  type Premetric,
  type Rng,
  type TimestepDistribution,
  type Weights,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { interpolate } from './interpolate.js'

export interface TrainerOptions {
  /** The network's velocity in training; rng drives its dropout in one step. */
  velocity: (rng: Rng) => Field
  /** What is trained: the variables that `velocity` reads. */
  weights: Weights
  coupling: Coupling
  timesteps: TimestepDistribution
  premetric: Premetric
  /** Drives times and dropout; step k uses rng.fork(k). */
  rng: Rng
  batch?: number
  learningRate?: number
  /** Steps over which the learning rate rises linearly from 0. */
  warmup?: number
  beta1?: number
  beta2?: number
  epsilon?: number
  emaDecay?: number
}

/** Everything that a trainer is, on the host: the weights, their moving average, Adam's moments, the steps done. */
export interface TrainerState {
  step: number
  /** `weight/NAME`, `ema/NAME`, `m/NAME`, `v/NAME` for each weight. */
  tensors: Map<string, { shape: number[]; data: Float32Array }>
}

const PARTS = ['weight', 'ema', 'm', 'v'] as const

/**
 * Trains a velocity on pairs: x_t = (1 - t) x + t z, target z - x, Adam, moving average of the weights. A step is a
 * function of the state and the step's number alone, so a trainer restored from `state` goes on bit for bit.
 */
export class Trainer {
  private readonly slots: ReadonlyMap<string, AdamSlot>
  private readonly options: Required<TrainerOptions>
  private done = 0

  constructor({
    batch = 128,
    learningRate = 2e-4,
    warmup = 0,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    emaDecay = 0.9999,
    ...rest
  }: TrainerOptions) {
    const where = 'reflow.Trainer'
    checkInt(where, 'batch', batch, 1)
    checkNumber(where, 'learningRate', learningRate, 0)
    checkInt(where, 'warmup', warmup, 0)
    checkNumber(where, 'emaDecay', emaDecay, 0, 1)
    this.options = { batch, learningRate, warmup, beta1, beta2, epsilon, emaDecay, ...rest }
    this.slots = new Map([...rest.weights].map(([name, weight]) => [name, slotOf(weight)]))
  }

  /** Steps done. */
  get step(): number {
    return this.done
  }

  /** The moving average of each weight; borrowed, and changing with every step. */
  get ema(): Weights {
    return new Map([...this.slots].map(([name, { ema }]) => [name, ema]))
  }

  /** One training step. Returns its loss, the mean over the batch. A loss that is not finite changes nothing and throws. */
  async advance(): Promise<{ step: number; loss: number }> {
    const { coupling, batch, learningRate, warmup, beta1, beta2, epsilon, emaDecay } = this.options
    const pairs = await coupling.draw(this.done, batch)
    const variables = [...this.slots.values()].map(slot => slot.weight)
    const { value, grads } = tf.tidy(() => tf.variableGrads(() => this.loss(pairs), variables))
    try {
      const loss = (await value.data())[0] as number
      if (!Number.isFinite(loss))
        throw new NumericError(
          'non-finite',
          `reflow.Trainer.advance: loss must be finite, got ${loss} in step ${this.done}. ` +
            'Look for NaN in the data, or lower learningRate. The weights are as they were before the step.',
        )
      const rate = warmup > 0 ? learningRate * Math.min(this.done / warmup, 1) : learningRate
      this.done++
      for (const slot of this.slots.values())
        adamEma(slot, grads[slot.weight.name] as tf.Tensor, {
          step: this.done,
          learningRate: rate,
          beta1,
          beta2,
          epsilon,
          emaDecay,
        })
      return { step: this.done, loss }
    } finally {
      tf.dispose([value, grads, pairs.x, pairs.z])
      pairs.labels?.dispose()
    }
  }

  private loss({ x, z }: { x: tf.Tensor4D; z: tf.Tensor4D }): tf.Scalar {
    const { velocity, premetric, timesteps, rng, batch } = this.options
    const draw = rng.fork(this.done)
    const t = timesteps.sample(batch, draw.fork('t'))
    const xt = interpolate(x, z, t)
    const prediction = velocity(draw.fork('dropout'))(xt, t)
    return tf.mean(premetric(prediction, tf.sub(z, x), { t, xt, x }))
  }

  /** A copy of the whole state on the host. */
  async state(): Promise<TrainerState> {
    const tensors: TrainerState['tensors'] = new Map()
    for (const [name, slot] of this.slots)
      for (const part of PARTS) {
        const data = (await slot[part].data()) as Float32Array
        tensors.set(`${part}/${name}`, { shape: slot[part].shape, data: Float32Array.from(data) })
      }
    return { step: this.done, tensors }
  }

  /** Go back (or on) to a state. All of it is checked before anything changes. */
  restore({ step, tensors }: TrainerState): void {
    const where = 'reflow.Trainer.restore'
    checkInt(where, 'state.step', step, 0)
    const entries = [...this.slots].flatMap(([name, slot]) =>
      PARTS.map(part => [slot[part], `${part}/${name}`] as const),
    )
    const wrong = entries.filter(([to, key]) => String(tensors.get(key)?.shape) !== String(to.shape))
    if (wrong.length > 0)
      throw new RangeError(
        `${where}: state must hold the weights of this network, got ${wrong.length} missing or of another shape: ` +
          `${wrong.slice(0, 5).map(([to, key]) => `${key} [${to.shape}]`)}.`,
      )
    for (const [to, key] of entries) {
      const { shape, data } = tensors.get(key) as { shape: number[]; data: Float32Array }
      tf.tidy(() => to.assign(tf.tensor(data, shape)))
    }
    this.done = step
  }

  /** Free the optimiser's tensors. The weights stay: they are the network's. */
  dispose(): void {
    for (const { m, v, ema } of this.slots.values()) tf.dispose([m, v, ema])
  }
}

function slotOf(weight: tf.Variable): AdamSlot {
  return tf.tidy(() => ({
    weight,
    m: tf.variable(tf.zerosLike(weight), false),
    v: tf.variable(tf.zerosLike(weight), false),
    ema: tf.variable(tf.clone(weight), false),
  }))
}
