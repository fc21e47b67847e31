import {
  type Coupling,
  checkGradients,
  checkInt,
  checkOptions,
  checkTensor,
  NumericError,
  type Weights,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Communicator } from './communicator.js'
import { comparison } from './internal/comparison.js'
import { after, type Counters, checkedCounters, schedule } from './internal/counters.js'
import { drawPairs } from './internal/draw-pairs.js'
import { broadcastState, checkSameWeights } from './internal/ranks.js'
import { readReport } from './internal/read-report.js'
import { type Share, shareOf } from './internal/share.js'
import { sharedStep } from './internal/shared-step.js'
import { type TrainingStep, trainingStep } from './internal/training-step.js'
import {
  type AverageTrainerOptions,
  type TrainerOptions,
  trainerNames,
  withDefaults,
} from './trainer-options.js'
import {
  readSlots,
  type Slots,
  slotOf,
  type TrainerState,
  withAverages,
  writeSlots,
} from './trainer-state.js'
import { stepOfReport, type TrainerStep } from './trainer-step.js'
import { type ValidateOptions, validateNames, validationLoss } from './validation-loss.js'

/**
 * Trains a velocity on pairs of any shape [B,...]: x_t = (1 - t) x + t z, target z - x, Adam, moving average of the weights. With an
 * `objective` it trains an average velocity, on what the objective compares.
 * A step depends only on the state and the step's number, so a trainer restored from `state` continues with the same bits.
 */
export class Trainer<X extends tf.Tensor = tf.Tensor> {
  readonly #slots: Slots
  readonly #options: ReturnType<typeof withDefaults>
  readonly #device: TrainingStep
  /** What this rank does of each batch; undefined if it is the only one. */
  readonly #share: Share | undefined
  /** Whether this rank has had the state of rank 0. */
  #together: boolean
  /** After all steps whose reports were read. */
  #counters: Counters
  /** Steps that were started. */
  #started = 0
  /** Whether the last started step was skipped, on the device [1]. */
  #skipped: tf.Tensor1D
  /** What a loss of a batch remembers after the last started step, on the device [M]; none for a premetric. */
  #memory: tf.Tensor1D | undefined
  /** The report of the last started step. */
  #last: Promise<TrainerStep> | undefined
  /** Ends when what was asked for last, a step or a copy of the state, is started. */
  #turn: Promise<unknown> = Promise.resolve()
  /** Steps that were asked for and have not ended. */
  #open = 0
  /** Why a report could not be read. The counters are not known from then on, so nothing goes on before a `restore`. */
  #lost: Error | undefined

  constructor(options: TrainerOptions<X> | AverageTrainerOptions<X>) {
    checkOptions('reflow.Trainer', options, trainerNames)
    checkGradients('reflow.Trainer')
    this.#options = withDefaults(options as unknown as TrainerOptions) // X is only for the compiler
    this.#slots = new Map([...options.weights].map(([name, weight]) => [name, slotOf(weight)]))
    const { communicator } = this.#options
    this.#together = communicator.size === 1
    this.#share = this.#together ? undefined : shareOf('reflow.Trainer', this.#options, communicator)
    this.#device = this.#share
      ? sharedStep(this.#options, this.#slots, this.#share)
      : trainingStep(this.#options, this.#slots)
    this.#skipped = tf.keep(tf.zeros([1]))
    const { lossScale, premetric } = this.#options
    if (typeof premetric === 'object') this.#remember(premetric.start())
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

  /** The processes that train together. */
  get communicator(): Communicator {
    return this.#options.communicator
  }

  /** Steps that were skipped. */
  get skipped(): number {
    return this.#counters.skipped
  }

  /** Why the step is not compiled; undefined while that is open, or if it is (see `compile` of @rectified-flow/backends). */
  get why(): string | undefined {
    return this.#device.why
  }

  /** The moving average of each weight; borrowed, and every step changes it. */
  get ema(): Weights {
    return new Map([...this.#slots].map(([name, { ema }]) => [name, ema]))
  }

  /**
   * One training step. If the loss or the gradients are not finite, the step is skipped: it changes no weight, and the next
   * step has other pairs. The promise ends when the step's report was read. Ask for the next step before that, and a GPU
   * never waits for the host; the results are the same.
   *
   * @throws NumericError 'non-finite' if `maxSkipped` steps in a row were skipped; the weights are those of the last good
   *         step
   */
  async advance(): Promise<TrainerStep> {
    this.#open++
    try {
      return await (await this.#inTurn(() => this.#start())).report
    } finally {
      this.#open--
    }
  }

  /** Run `body` when all that was asked for before is started. */
  #inTurn<T>(body: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => {
      if (this.#lost) throw this.#lost
      return body()
    })
    this.#turn = result.catch(() => undefined)
    return result
  }

  /** Run `body` when all that was asked for before has ended. */
  #afterLast<T>(body: () => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await this.#last?.catch(() => undefined)
      if (this.#lost) throw this.#lost
      return body()
    })
  }

  /** Start a step when there is at most one whose report was not read yet. */
  async #start(): Promise<{ report: Promise<TrainerStep> }> {
    const { coupling, batch } = this.#options
    const where = 'reflow.Trainer.advance'
    if (!this.#together) await this.#broadcast(where)
    const pairs = await drawPairs(where, coupling, this.#started, { batch, rows: this.#share?.rows })
    const inputs: tf.TensorContainer[] = [pairs]
    try {
      const { timesteps, objective, rng } = this.#options
      const draw = rng.fork(this.#started)
      const times = timesteps.sample(batch, draw.fork('t'))
      checkTensor(where, 'timesteps.sample(n, rng)', times, objective ? [batch, 3] : [batch])
      const numbers = schedule(this.#counters, this.#started > this.step, this.#options)
      inputs.push(times, numbers)
      const given = { pairs, times, schedule: numbers, skipped: this.#skipped, rng: draw.fork('dropout') }
      const { report, skipped, memory } = await this.#device.run({
        ...given,
        ...(this.#memory && { memory: this.#memory }),
      })
      if (memory) this.#remember(memory)
      this.#skipped.dispose()
      this.#skipped = tf.keep(skipped)
      this.#started++
      const before = this.#last
      const read = readReport(report, this.#started).catch(error => {
        this.#lost = error
        throw error
      })
      this.#last = read.then(async values => {
        await before?.catch(() => undefined)
        if (this.#lost) throw this.#lost
        return this.#finish(values)
      })
      this.#last.catch(() => undefined) // the caller gets the error from the step's promise
      await before?.catch(() => undefined)
      return { report: this.#last }
    } finally {
      tf.dispose(inputs)
    }
  }

  #remember(memory: tf.Tensor1D): void {
    this.#memory?.dispose()
    this.#memory = tf.keep(memory)
  }

  /** Count the step of a report. */
  #finish(read: Float32Array): TrainerStep {
    const { batch, learningRate, maxSkipped } = this.#options
    const { step, lossScale } = this.#counters
    const given = { batch, before: step, learningRate: learningRate(step), scale: lossScale?.scale ?? 1 }
    const done = stepOfReport(read, given)
    const { loss, gradientNorm, skipped } = done
    this.#counters = after(this.#counters, skipped, this.#options)
    if (this.#counters.skippedInRow >= maxSkipped)
      throw new NumericError(
        'non-finite',
        `reflow.Trainer.advance: loss and gradients must be finite, got loss ${loss} and gradient norm ${gradientNorm} ` +
          `in step ${step}, the last of ${maxSkipped} in a row. Look for NaN in the data, or lower learningRate. ` +
          'The weights are those of the last good step.',
      )
    return done
  }

  /**
   * The mean loss of pairs that are not trained on, without dropout, after all steps that were asked for before:
   *
   *   mean over the pairs of coupling.draw(k, batch), k = 0 ... batches - 1, of premetric(v(x_t, t), z - x), or what the objective compares
   *
   * Batch and premetric are those of training, and so is the distribution of the times, which are drawn with
   * rng.fork('validation').fork(k). So every call has the same pairs, noise and times, and the losses of two steps compare.
   *
   * @param coupling  pairs that were held out: see `holdOut` of @rectified-flow/datasets
   * @returns         the mean loss; NaN if a loss is not finite
   */
  async validate(coupling: Coupling<X>, options: ValidateOptions = {}): Promise<number> {
    const where = 'reflow.Trainer.validate'
    checkOptions(where, options, validateNames)
    const { batches = 8, averaged = true } = options
    checkInt(where, 'batches', batches, 1)
    const during = <Result>(body: () => Result) => (averaged ? withAverages(this.#slots, body) : body())
    const compare = comparison(this.#options)
    return this.#inTurn(() =>
      validationLoss(where, coupling, {
        ...this.#options,
        ...{ compare, batches, during, memory: this.#memory },
      }),
    )
  }

  /** A copy of the whole state on the host, after all steps that were asked for before; later ones wait for it. */
  async state(): Promise<TrainerState> {
    return this.#afterLast(async () => ({
      ...this.#counters,
      tensors: await readSlots(this.#slots, this.#memory),
    }))
  }

  /** Restore a state, which is checked before anything changes. No step may be under way. */
  restore(state: TrainerState): void {
    const where = 'reflow.Trainer.restore'
    const counters = checkedCounters(where, state, this.#options)
    if (this.#open > 0)
      throw new Error(`${where}: the trainer must have no step under way, got ${this.#open}.`)
    writeSlots(where, this.#slots, state.tensors, this.#memory)
    const memory = state.tensors.get('memory')
    if (memory) this.#remember(tf.tensor1d(memory.data))
    this.#counters = counters
    this.#started = counters.step
    this.#lost = undefined
  }

  /**
   * Give every rank of the communicator the state of rank 0. All ranks call it: after `restore`, which need only be called on rank 0.
   * The first step does it by itself.
   */
  async broadcast(): Promise<void> {
    return this.#afterLast(() => this.#broadcast('reflow.Trainer.broadcast'))
  }

  async #broadcast(where: string): Promise<void> {
    const { communicator, batch, microBatches, lossScale } = this.#options
    const sent = { work: [batch, microBatches, lossScale ? 1 : 0], counters: this.#counters }
    this.#counters = await broadcastState(where, { communicator, slots: this.#slots }, sent)
    this.#started = this.#counters.step
    this.#together = true
  }

  /**
   * Compare the ranks' weights, averages and moments by a hash. All ranks call it.
   *
   * @throws RangeError on every rank, which names the ranks that differ from rank 0
   */
  async checkRanks(): Promise<void> {
    const together = { communicator: this.communicator, slots: this.#slots }
    return this.#afterLast(() => checkSameWeights('reflow.Trainer.checkRanks', together))
  }

  /** Free the optimiser's tensors. The weights stay, because the network owns them. */
  dispose(): void {
    this.#device.dispose()
    this.#skipped.dispose()
    this.#memory?.dispose()
    for (const { m, v, ema } of this.#slots.values()) tf.dispose([m, v, ema])
  }
}
