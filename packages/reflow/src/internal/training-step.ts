import { type AdamSlot, adamEma, compile, squareSums, stepNumbers } from '@rectified-flow/backends'
import type { Pairs, Rng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { withDefaults } from '../trainer-options.js'
import type { Slots } from '../trainer-state.js'
import { batchGradients, type PairLoss } from './batch-gradients.js'
import { comparison, startTimes } from './comparison.js'

/** What a step takes. (A type and not an interface, because `compile` needs that.) */
export type StepInputs = {
  pairs: Pairs
  /** Times of the pairs [B], or [B,3]. */
  times: tf.Tensor
  /** Adam's numbers, if the step before changed the weights and if it was skipped: see `stepNumbers` [2,10]. */
  schedule: tf.Tensor2D
  /** Whether it was skipped, from its result [1]. */
  skipped: tf.Tensor1D
  /** What a loss of a batch remembers [M]; none for a premetric. */
  memory?: tf.Tensor1D
  /** Drives the network's dropout. */
  rng: Rng
}

/** The results of a step. */
export type StepResult = {
  /** Losses [B], times [B], each gradient's sum of squares [n], and whether the step was skipped [1], in one tensor. */
  report: tf.Tensor1D
  /** 1 if it was skipped [1]. */
  skipped: tf.Tensor1D
  /** What the loss of a batch remembers next [M]: the same as before if the step was skipped. */
  memory?: tf.Tensor1D
}

/** A whole step on the device: it changes weights, moments and averages, unless loss or gradients are not finite. */
export interface TrainingStep {
  run(inputs: StepInputs): StepResult | Promise<StepResult>
  /** Why it stays calls: see `compile`. */
  readonly why: string | undefined
  dispose(): void
}

export type StepOptions = ReturnType<typeof withDefaults>

export function trainingStep(options: StepOptions, slots: Slots): TrainingStep {
  const { microBatches } = options
  const gradientsOf = stepGradients(options, slots)
  const step = (inputs: StepInputs): StepResult => {
    const rngOf = (m: number) => (microBatches === 1 ? inputs.rng : inputs.rng.fork(m))
    return applied({ ...inputs, ...gradientsOf(inputs, { rngOf, microBatches }) }, options)
  }
  const compiled = options.compile ? compile(step) : undefined
  return {
    run: compiled ?? (inputs => tf.tidy(() => step(inputs))),
    get why() {
      return compiled ? compiled.why : 'compile is false'
    },
    dispose() {
      compiled?.dispose()
    },
  }
}

/** Losses [B], and the gradients of the weights that they depend on: the others stay as they are, like in PyTorch. */
export interface StepGradients {
  losses: tf.Tensor1D
  gradients: tf.Tensor[]
  used: AdamSlot[]
  /** What the loss of a batch remembers after it [M]. */
  remembered?: tf.Tensor1D | undefined
}

/** The gradients of a step's pairs, as the sum of those of their equal parts. */
export function stepGradients(options: StepOptions, slots: Slots) {
  const { premetric, weights, batch } = options
  const compare = comparison(options)
  return (
    { pairs: { x, z, labels }, times, schedule, skipped, memory }: StepInputs,
    parts: Pick<PairLoss, 'rngOf' | 'microBatches'>,
  ): StepGradients => {
    const {
      losses,
      gradients,
      memory: remembered,
    } = batchGradients(weights, {
      pairs: { x, z, ...(labels && { labels }) },
      times,
      compare,
      premetric,
      memory,
      ...parts,
      batch,
      scale: options.lossScale ? scaleOf(schedule, skipped) : undefined,
    })
    return {
      losses,
      remembered,
      gradients: gradients.filter(gradient => gradient !== undefined),
      used: [...slots.values()].filter((_, i) => gradients[i]),
    }
  }
}

/** Update the weights by the gradients of the whole batch. */
export function applied(
  {
    losses,
    gradients,
    used,
    times,
    schedule,
    skipped,
    memory,
    remembered,
  }: StepGradients & Pick<StepInputs, 'times' | 'schedule' | 'skipped' | 'memory'>,
  { clipNorm }: StepOptions,
): StepResult {
  const squares = squareSums(gradients)
  const next = stepNumbers({ schedule, skipped, losses, squares }, clipNorm)
  adamEma(used, gradients, next.numbers)
  return {
    report: tf.concat([losses, startTimes(times), squares, next.skipped]) as tf.Tensor1D,
    skipped: next.skipped,
    ...(memory && remembered && { memory: tf.where(tf.cast(next.skipped, 'bool'), memory, remembered) }),
  }
}

/** The scale of the loss in the row that the step before decides, a scalar. */
function scaleOf(schedule: tf.Tensor2D, skipped: tf.Tensor1D): tf.Scalar {
  const [applied, after] = tf.split(tf.slice(schedule, [0, 0], [2, 1]), 2)
  return tf.reshape(tf.where(tf.cast(skipped, 'bool'), after!, applied!), [])
}
