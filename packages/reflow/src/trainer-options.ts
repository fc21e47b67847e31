import { precision } from '@rectified-flow/backends'
import {
  type AverageField,
  type Coupling,
  checkFunction,
  checkInt,
  checkKind,
  checkNumber,
  checkRng,
  type Field,
  type OptionNames,
  type Premetric,
  type Rng,
  type TimestepDistribution,
  type Weights,
} from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import type { BatchLoss } from './batch-loss.js'
import { alone, type Communicator, checkCommunicator } from './communicator.js'
import { emaWarmUp } from './ema-warm-up.js'
import { dynamicLossScale, type LossScale } from './loss-scale.js'
import type { IntervalDistribution, Objective } from './objectives/objective.js'
import { type Schedule, toSchedule } from './schedule.js'

/** The options that a trainer of any objective has. */
export interface SharedTrainerOptions<X extends tf.Tensor = tf.Tensor> {
  /** The variables to train, which `velocity` reads. */
  weights: Weights
  coupling: Coupling<X>
  /** One number per sample; or a loss of the whole batch, which allows no micro-batches and no other ranks. */
  premetric: Premetric | BatchLoss
  /** Drives times and dropout; step k uses rng.fork(k). */
  rng: Rng
  batch?: number
  /** Number of equal parts of a batch, computed one after the other: less memory, the same step. */
  microBatches?: number
  /** A number, or a function of the steps done before: see `warmUp`, `cosineDecay`, `linearDecay`. */
  learningRate?: number | Schedule
  beta1?: number
  beta2?: number
  epsilon?: number
  /**
   * Decoupled weight decay: each step makes every weight smaller by the share learningRate weightDecay, as PyTorch's AdamW,
   * where it is 0.01 by default.
   */
  weightDecay?: number
  /**
   * Decay of the moving average of the weights: the largest one, which `emaWarmUp` reaches after lower ones; or a function of the
   * update from 1, such as `powerEma`, or `() => 0.9999`.
   */
  emaDecay?: number | Schedule
  /** The largest norm of all gradients together; larger gradients are scaled down to this norm. */
  clipNorm?: number
  /** See `dynamicLossScale`, the default if the backend's precision is 'mixed'. In float32 there is none. */
  lossScale?: LossScale
  /** After this many steps in a row that are not finite, training ends with an error. */
  maxSkipped?: number
  /** Run each step as one piece where the backend can (see `compile` of @rectified-flow/backends). */
  compile?: boolean
  /**
   * Processes that do every step together, each with its share of the batch: see `mpiCommunicator` of `/node`. The step is that of one
   * process with the whole batch, to the rounding of sums.
   */
  communicator?: Communicator
}

export interface TrainerOptions<X extends tf.Tensor = tf.Tensor> extends SharedTrainerOptions<X> {
  /**
   * The network's velocity: in a training step `rng` drives its dropout, in `validate` there is no rng and no dropout. Labels [B,L] are
   * those of the pairs.
   */
  velocity: (rng: Rng | undefined, labels?: tf.Tensor2D) => Field<X>
  timesteps: TimestepDistribution
  objective?: undefined
}

/** The options of a trainer of an average velocity; `meanFlow()` and others of `/objectives` give three of them. */
export interface AverageTrainerOptions<X extends tf.Tensor = tf.Tensor> extends SharedTrainerOptions<X> {
  /** The network's average velocity, with dropout and labels as for a velocity. */
  velocity: (rng: Rng | undefined, labels?: tf.Tensor2D) => AverageField<X>
  /** Its times, such as `intervals(uShaped())`. */
  timesteps: IntervalDistribution
  /** What is compared in place of the velocity and z - x. */
  objective: Objective<NoInfer<X>>
}

export const trainerNames: OptionNames<TrainerOptions | AverageTrainerOptions> = {
  velocity: 'required',
  weights: 'required',
  coupling: 'required',
  timesteps: 'required',
  premetric: 'required',
  objective: 'optional',
  rng: 'required',
  batch: 'optional',
  microBatches: 'optional',
  learningRate: 'optional',
  beta1: 'optional',
  beta2: 'optional',
  epsilon: 'optional',
  weightDecay: 'optional',
  emaDecay: 'optional',
  clipNorm: 'optional',
  lossScale: 'optional',
  maxSkipped: 'optional',
  compile: 'optional',
  communicator: 'optional',
}

/** Check options and fill in their defaults. */
export function withDefaults({
  batch = 128,
  microBatches = 1,
  learningRate = 2e-4,
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0,
  emaDecay = 0.9999,
  clipNorm = Infinity,
  maxSkipped = 20,
  compile = true,
  communicator = alone,
  lossScale = precision() === 'mixed' ? dynamicLossScale() : undefined,
  ...rest
}: TrainerOptions | AverageTrainerOptions) {
  const where = 'reflow.Trainer'
  checkFunction(where, 'velocity', rest.velocity)
  checkKind(where, 'weights', rest.weights, "a Map of variables, such as a network's weights", [
    'get',
    'values',
  ])
  checkKind(where, 'coupling', rest.coupling, 'a coupling such as independentCoupling(data, { rng })', [
    'draw',
  ])
  checkKind(where, 'timesteps', rest.timesteps, 'a distribution such as uShaped()', ['sample'])
  if (typeof rest.premetric !== 'object') checkFunction(where, 'premetric', rest.premetric)
  else
    checkKind(where, 'premetric', rest.premetric, 'a premetric, or a loss of a batch', ['start', 'compare'])
  if (rest.objective !== undefined) checkFunction(where, 'objective', rest.objective)
  checkRng(where, rest.rng)
  checkInt(where, 'batch', batch, 1)
  checkInt(where, 'microBatches', microBatches, 1, batch)
  if (batch % microBatches !== 0)
    throw new RangeError(`${where}: microBatches must divide batch (${batch}), got ${microBatches}.`)
  if (typeof learningRate === 'number') checkNumber(where, 'learningRate', learningRate, 0)
  checkNumber(where, 'weightDecay', weightDecay, 0)
  if (typeof emaDecay === 'number') checkNumber(where, 'emaDecay', emaDecay, 0, 1)
  if (clipNorm !== Infinity) checkNumber(where, 'clipNorm', clipNorm, Number.MIN_VALUE)
  checkInt(where, 'maxSkipped', maxSkipped, 1)
  checkCommunicator(where, communicator)
  if (typeof rest.premetric === 'object') {
    const parts = { microBatches, 'communicator.size': communicator.size }
    for (const [name, count] of Object.entries(parts))
      if (count > 1)
        throw new RangeError(`${where}: ${name} must be 1 with a loss of a whole batch, got ${count}.`)
  }
  return {
    ...rest,
    batch,
    microBatches,
    learningRate: toSchedule(learningRate),
    beta1,
    beta2,
    epsilon,
    weightDecay,
    emaDecay: typeof emaDecay === 'number' ? emaWarmUp(emaDecay) : emaDecay,
    clipNorm,
    maxSkipped,
    compile,
    communicator,
    lossScale,
  }
}
