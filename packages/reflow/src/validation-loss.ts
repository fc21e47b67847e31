import { type Coupling, checkTensor, type OptionNames } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { partLosses } from './internal/batch-gradients.js'
import type { Comparison } from './internal/comparison.js'
import type { withDefaults } from './trainer-options.js'

export interface ValidateOptions {
  /** How many batches of the coupling are drawn; a stored coupling's epoch has count / batch. */
  batches?: number
  /** Whether the weights are their moving averages, with which one samples, or those that training changes. */
  averaged?: boolean
}

export const validateNames: OptionNames<ValidateOptions> = { batches: 'optional', averaged: 'optional' }

export interface Validation
  extends Pick<
    ReturnType<typeof withDefaults>,
    'batch' | 'microBatches' | 'timesteps' | 'rng' | 'premetric'
  > {
  batches: number
  compare: Comparison
  /** What a loss of a batch remembers; it stays as it is. */
  memory?: tf.Tensor1D | undefined
  /** Runs a synchronous body with the weights that are to be validated. */
  during: <Result>(body: () => Result) => Result
}

/** The mean loss of the first batches of a coupling, at times that depend on the batch's number alone. */
export async function validationLoss(
  where: string,
  coupling: Coupling,
  { batch, microBatches, batches, timesteps, rng, premetric, compare, memory, during }: Validation,
): Promise<number> {
  let sum = 0
  for (let k = 0; k < batches; k++) {
    const pairs = await coupling.draw(k, batch)
    const { x, z, labels } = pairs
    const drawn: tf.Tensor[] = [x, z, ...(labels ? [labels] : [])]
    try {
      checkTensor(where, 'pairs.x', x, [batch, '...'])
      checkTensor(where, 'pairs.z', z, x.shape)
      const losses = during(() =>
        tf.tidy(() => {
          const times = timesteps.sample(batch, rng.fork('validation').fork(k))
          const loss = { pairs, times, compare, premetric, memory, rngOf: () => undefined, microBatches }
          return tf.concat(
            Array.from({ length: microBatches }, (_, m) => tf.tidy(() => partLosses(loss, m).losses)),
          )
        }),
      )
      drawn.push(losses)
      for (const loss of await losses.data()) sum += loss
    } finally {
      tf.dispose(drawn)
    }
  }
  return sum / (batch * batches)
}
