import { adamEma, compile } from '@rectified-flow/backends'
import type { Pairs, Rng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { withDefaults } from '../trainer-options.js'
import type { Slots } from '../trainer-state.js'
import { type BatchGradients, batchGradients } from './batch-gradients.js'

/** The numbers of one update. */
export type UpdateNumbers = {
  /** Number of this update, from 1. */
  step: number
  learningRate: number
  emaDecay: number
  /** The factor of the gradients: it clips them and divides by the loss scale. */
  factor: number
}

/** The two parts of a step on the device, each compiled. The host reads the report of the first part before the second. */
export interface TrainingStep {
  /** Gradients of the batch at times t [B], with the loss multiplied by `scale`; rng drives the network's dropout. */
  gradients(pairs: Pairs, t: tf.Tensor1D, scale: number, rng: Rng): BatchGradients
  /** Change weights, moments and averages in place. */
  update(gradients: BatchGradients['gradients'], numbers: UpdateNumbers): void
  dispose(): void
}

export function trainingStep(options: ReturnType<typeof withDefaults>, slots: Slots): TrainingStep {
  const { velocity, premetric, weights, microBatches, beta1, beta2, epsilon } = options
  // Decided once, so that every step makes the same calls; a factor of 1 changes nothing.
  const scales = options.clipNorm < Infinity || options.lossScale !== undefined
  let dropout: Rng // of the present step; not an argument, because compiled functions take only tensors and numbers

  const gradientsOf = ({ t, scale, ...pairs }: Pairs & { t: tf.Tensor1D; scale: number }) =>
    batchGradients(weights, {
      pairs,
      t,
      premetric,
      velocity: (m, labels) => velocity(microBatches === 1 ? dropout : dropout.fork(m), labels),
      microBatches,
      scale,
    })
  const updateWith = (
    gradients: BatchGradients['gradients'],
    { factor, ...numbers }: UpdateNumbers,
  ): tf.Tensor[] => {
    for (const [i, slot] of [...slots.values()].entries()) {
      const gradient = gradients[i]
      if (!gradient) continue // the loss doesn't depend on this weight: leave it as it is, like PyTorch
      const scaled = scales ? tf.mul(gradient, factor) : gradient
      tf.tidy(() => adamEma(slot, scaled, { ...numbers, beta1, beta2, epsilon }))
      if (scales) scaled.dispose()
    }
    return []
  }

  const compiled = options.compile
    ? { gradients: compile(gradientsOf), update: compile(updateWith) }
    : undefined
  const gradients = compiled?.gradients ?? (inputs => tf.tidy(() => gradientsOf(inputs)))
  const update = compiled?.update ?? updateWith
  return {
    gradients({ x, z, labels }, t, scale, rng) {
      dropout = rng
      return gradients({ x, z, ...(labels && { labels }), t, scale })
    },
    update(all, numbers) {
      update(all, numbers)
    },
    dispose() {
      compiled?.gradients.dispose()
      compiled?.update.dispose()
    },
  }
}
