import {
  checkGradients,
  checkInt,
  checkTensor,
  NumericError,
  type Pairs,
  type Weights,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { BatchGradients } from './internal/batch-gradients.js'
import { type TrainingStep, trainingStep } from './internal/training-step.js'
import { type TrainerOptions, withDefaults } from './trainer-options.js'
import { readSlots, type Slots, slotOf, type TrainerState, writeSlots } from './trainer-state.js'

/** The result of one step. */
export interface TrainerStep {
  /** Steps done, including this one. */
  step: number
  /** Mean loss over the batch. */
  loss: number
  /** The norm of all gradients together, before clipping. */
  gradientNorm: number
  learningRate: number
  /** The loss or the gradients were not finite: nothing but the counters changed. */
  skipped: boolean
  /** Time and loss of every sample [B], for `TimeBins`. */
  times: Float32Array
  losses: Float32Array
}

/**
 * Trains a velocity on pairs: x_t = (1 - t) x + t z, target z - x, Adam, moving average of the weights. A step depends only
 * on the state and the step's number, so a trainer restored from `state` continues with the same bits.
 */
export class Trainer {
  readonly #slots: Slots
  readonly #options: ReturnType<typeof withDefaults>
  readonly #device: TrainingStep
  #counters: Omit<TrainerState, 'tensors'>

  constructor(options: TrainerOptions) {
    checkGradients('reflow.Trainer')
    this.#options = withDefaults(options)
    this.#slots = new Map([...options.weights].map(([name, weight]) => [name, slotOf(weight)]))
    this.#device = trainingStep(this.#options, this.#slots)
    const { lossScale } = options
    this.#counters = {
      step: 0,
      skipped: 0,
      skippedInRow: 0,
      ...(lossScale && { lossScale: lossScale.initial }),
    }
  }

  /** Steps done, skipped ones included. */
  get step(): number {
    return this.#counters.step
  }

  /** Steps that were skipped. */
  get skipped(): number {
    return this.#counters.skipped
  }

  /** The moving average of each weight; borrowed, and every step changes it. */
  get ema(): Weights {
    return new Map([...this.#slots].map(([name, { ema }]) => [name, ema]))
  }

  /**
   * One training step. If the loss or the gradients are not finite, the step is skipped: it changes no weight, and the next
   * step has other pairs. A step reads from the device once.
   *
   * @throws NumericError 'non-finite' if `maxSkipped` steps in a row were skipped; the weights are those of the last good
   *         step
   */
  async advance(): Promise<TrainerStep> {
    const { coupling, batch } = this.#options
    const pairs = await coupling.draw(this.step, batch)
    let result: BatchGradients | undefined
    try {
      result = this.#gradients(pairs)
      const read = Float32Array.from(await result.report.data())
      return this.#finish(result.gradients, read)
    } finally {
      tf.dispose([pairs.x, pairs.z])
      pairs.labels?.dispose()
      if (result) tf.dispose(result)
    }
  }

  #gradients(pairs: Pairs): BatchGradients {
    const { timesteps, rng, batch } = this.#options
    checkTensor('reflow.Trainer.advance', 'pairs.x', pairs.x, [batch, 'H', 'W', 'C'])
    checkTensor('reflow.Trainer.advance', 'pairs.z', pairs.z, pairs.x.shape)
    const draw = rng.fork(this.step)
    const t = timesteps.sample(batch, draw.fork('t'))
    try {
      return this.#device.gradients(pairs, t, this.#counters.lossScale?.scale ?? 1, draw.fork('dropout'))
    } finally {
      t.dispose()
    }
  }

  /** Check the report, and update the weights if it is finite. */
  #finish(gradients: BatchGradients['gradients'], read: Float32Array): TrainerStep {
    const { batch, learningRate, lossScale, maxSkipped } = this.#options
    const { step, skipped, skippedInRow, lossScale: scaling } = this.#counters
    const losses = read.subarray(0, batch)
    const loss = losses.reduce((sum, value) => sum + value, 0) / batch
    const squares = read.subarray(2 * batch).reduce((sum, value) => sum + value, 0)
    const gradientNorm = Math.sqrt(squares) / (scaling?.scale ?? 1)
    const finite = Number.isFinite(loss) && Number.isFinite(gradientNorm)
    const rate = learningRate(step)
    if (finite) this.#update(gradients, gradientNorm, rate)
    this.#counters = {
      step: step + 1,
      skipped: finite ? skipped : skipped + 1,
      skippedInRow: finite ? 0 : skippedInRow + 1,
      ...(lossScale && scaling && { lossScale: lossScale.next(scaling, finite) }),
    }
    if (this.#counters.skippedInRow >= maxSkipped)
      throw new NumericError(
        'non-finite',
        `reflow.Trainer.advance: loss and gradients must be finite, got loss ${loss} and gradient norm ${gradientNorm} ` +
          `in step ${step}, the last of ${maxSkipped} in a row. Look for NaN in the data, or lower learningRate. ` +
          'The weights are those of the last good step.',
      )
    const times = read.subarray(batch, 2 * batch)
    return { step: step + 1, loss, gradientNorm, learningRate: rate, skipped: !finite, times, losses }
  }

  #update(gradients: BatchGradients['gradients'], norm: number, learningRate: number): void {
    const { emaDecay, clipNorm } = this.#options
    const { step, skipped, lossScale } = this.#counters
    const factor = Math.min(1, clipNorm / norm) / (lossScale?.scale ?? 1)
    const update = step - skipped + 1
    this.#device.update(gradients, { step: update, learningRate, emaDecay: emaDecay(update), factor })
  }

  /** A copy of the whole state on the host. */
  async state(): Promise<TrainerState> {
    return { ...this.#counters, tensors: await readSlots(this.#slots) }
  }

  /** Restore a state, which is checked before anything changes. */
  restore({ tensors, ...counters }: TrainerState): void {
    const where = 'reflow.Trainer.restore'
    checkInt(where, 'state.step', counters.step, 0)
    checkInt(where, 'state.skipped', counters.skipped, 0, counters.step)
    checkInt(where, 'state.skippedInRow', counters.skippedInRow, 0, counters.skipped)
    if (Boolean(counters.lossScale) !== Boolean(this.#options.lossScale))
      throw new RangeError(
        `${where}: state must ${this.#options.lossScale ? 'hold a loss scale' : 'hold no loss scale'}, like this trainer, got the opposite.`,
      )
    writeSlots(where, this.#slots, tensors)
    this.#counters = counters
  }

  /** Free the optimiser's tensors. The weights stay, because the network owns them. */
  dispose(): void {
    this.#device.dispose()
    for (const { m, v, ema } of this.#slots.values()) tf.dispose([m, v, ema])
  }
}
