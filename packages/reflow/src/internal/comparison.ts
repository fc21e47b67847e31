import { checkFunction, checkKind, checkTensor, type Pairs, type Rng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { AverageTrainerOptions, TrainerOptions } from '../trainer-options.js'

const WHERE = 'reflow.Trainer.advance'

/** Pairs [B,...], their states x_t, and their times: t [B], or t, s and r [B,3] for an objective. */
export interface TimedPairs extends Pairs {
  xt: tf.Tensor
  times: tf.Tensor
}

/** Prediction and target [B,...] of a batch, to be compared by the premetric. rng drives the network's dropout. */
export type Comparison = (
  pairs: TimedPairs,
  rng: Rng | undefined,
) => { prediction: tf.Tensor; target: tf.Tensor }

type Compared =
  | Pick<TrainerOptions, 'velocity' | 'objective'>
  | Pick<AverageTrainerOptions, 'velocity' | 'objective'>

/** The velocity against z - x, or what the objective compares. */
export function comparison(options: Compared): Comparison {
  if (options.objective === undefined) {
    const { velocity } = options
    return ({ x, z, xt, labels, times }, rng) => {
      const field = velocity(rng, labels)
      checkFunction(WHERE, 'velocity(rng, labels)', field)
      const prediction = field(xt, times as tf.Tensor1D)
      checkTensor(WHERE, 'velocity(rng, labels)(x, t)', prediction, xt.shape)
      return { prediction, target: tf.sub(z, x) }
    }
  }
  const { velocity, objective } = options
  return ({ x, z, xt, labels, times }, rng) => {
    const u = velocity(rng, labels)
    checkFunction(WHERE, 'velocity(rng, labels)', u)
    const [t, s, r] = tf.unstack(times, 1) as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D]
    const compared = objective(u, { x, z, xt, v: tf.sub(z, x), t, s, r })
    const result = 'objective(u, crossing)'
    checkKind(WHERE, result, compared, 'an object of prediction and target', ['prediction', 'target'])
    checkTensor(WHERE, `${result}.prediction`, compared.prediction, xt.shape)
    checkTensor(WHERE, `${result}.target`, compared.target, xt.shape)
    return compared
  }
}

/** The times t [B] of a batch: its only times, or the first column. */
export function startTimes(times: tf.Tensor): tf.Tensor1D {
  return times.rank === 1 ? (times as tf.Tensor1D) : tf.reshape(tf.slice(times, [0, 0], [-1, 1]), [-1])
}
