import {
  checkFinite,
  checkFunction,
  checkInt,
  checkKind,
  checkNumber,
  checkOptions,
  checkTensor,
  constant,
  dataPrediction,
  type OptionNames,
  type TimestepDistribution,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { BatchLoss } from '../batch-loss.js'
import { atTime } from '../internal/at-time.js'
import { choleskyFactor } from '../internal/cholesky-factor.js'
import { squareRoots } from '../internal/square-roots.js'
import { START_TIME } from '../sampler.js'

export interface FrechetLossOptions<X extends tf.Tensor = tf.Tensor4D> {
  /** Features [B,dim] of data [B,...] as a function that tf.grad can differentiate, such as `images => network.extract(images)`. */
  features: (x: X) => tf.Tensor2D
  /** Moments of the features of real data: mean [dim] and covariance [dim,dim], row after row. */
  reference: { mean: ArrayLike<number>; covariance: ArrayLike<number> }
  /**
   * The share of the memory that a step keeps, in [0, 1). The moments then are those of about batch (1 + decay) / (1 - decay) samples.
   * A memory that is too long lags behind the network.
   */
  decay?: number
}

const frechetLossNames: OptionNames<FrechetLossOptions> = {
  features: 'required',
  reference: 'required',
  decay: 'optional',
}

/**
 * Post-trains a network that draws in one step on the Fréchet distance itself (FD-loss): the features of its samples are to have the
 * mean m and covariance C of real ones. Gives a trainer its loss, and its only time, where sampling starts:
 *
 *     new Trainer({ ...frechetLoss({ features, reference }), velocity, weights, coupling, rng, batch: 256 })
 *
 *   |m - m'|^2 + tr C + tr C' - 2 tr (C' C)^(1/2),   m', C' the reference's
 *
 * m and C are those of this batch and of the ones before, as exponential moving averages that are corrected for their start; the
 * gradient goes through this batch alone. It is divided by the batch's share of the averages, so its size doesn't depend on `decay`:
 * the step is that of a batch as large as the memory. Every sample's loss is the distance. Of the coupling's pairs only noise and
 * labels are used.
 *
 * This trains on a metric. The distance in these features falls whether or not samples get better, so it can't be what
 * measures the result: measure with other features too, and look at samples.
 *
 * @see Yang et al., Representation Fréchet Loss for Visual Generation, arXiv 2604.28190
 */
export function frechetLoss<X extends tf.Tensor = tf.Tensor4D>(
  options: FrechetLossOptions<X>,
): {
  premetric: BatchLoss
  timesteps: TimestepDistribution
} {
  const where = 'reflow.frechetLoss'
  checkOptions(where, options, frechetLossNames)
  const { features, reference, decay = 0.9 } = options
  checkFunction(where, 'features', features)
  checkKind(where, 'reference', reference, 'an object of mean and covariance', ['mean', 'covariance'])
  checkNumber(where, 'decay', decay, 0, 1 - Number.EPSILON)
  const mean = Float32Array.from(reference.mean)
  const dim = mean.length
  checkInt(where, 'the length of reference.mean', dim, 1)
  checkFinite(where, 'reference.mean', mean)
  const factor = Float32Array.from(choleskyFactor(where, 'reference.covariance', reference.covariance, dim))
  let trace = 0
  for (let i = 0; i < dim; i++) trace += reference.covariance[i * dim + i]!

  return {
    timesteps: atTime(START_TIME),
    premetric: {
      start: () => tf.zeros([1 + dim + dim * dim]),
      compare(prediction, _, { t, xt }, memory) {
        const x = dataPrediction(xt, prediction, t)
        const found = features(x as X)
        checkTensor(where, 'features(x)', found, [t.shape[0], dim])
        // From the reference's mean on, so that second moments lose no digits to it.
        const f: tf.Tensor2D = tf.sub(found, tf.tensor1d(mean))
        const next = constant(() => remembered(memory, f, decay))
        const { apart, stretch, distance } = constant(() =>
          comparedMoments(next, tf.tensor2d(factor, [dim, dim]), trace),
        )
        // The gradient of this for a sample is that of the distance; its value is taken away.
        const own = tf.sub(f, apart)
        const pull = tf.add(
          tf.mul(tf.matMul(f, tf.reshape(apart, [dim, 1])), 2),
          tf.sum(tf.mul(own, tf.matMul(own, stretch)), 1, true),
        )
        const spread = tf.add(
          tf.sub(
            pull,
            constant(() => tf.clone(pull)),
          ),
          distance,
        )
        return { losses: tf.reshape(spread, [-1]), memory: next }
      },
    },
  }
}

/** The memory after a batch of features f [B,dim]: averages of 1, f and f f', [1 + dim + dim²], of which the first corrects the others. */
function remembered(memory: tf.Tensor1D, f: tf.Tensor2D, decay: number): tf.Tensor1D {
  const batch = tf.concat([
    tf.ones([1]),
    tf.mean(f, 0),
    tf.reshape(tf.div(tf.matMul(f, f, true), f.shape[0]), [-1]),
  ])
  return tf.add(tf.mul(memory, decay), tf.mul(batch, 1 - decay))
}

/**
 * The moments in a memory against the reference's: the difference of the means [dim], I - G [dim,dim], and the distance.
 *
 *   C' = L L'    A = L' C L    tr (C' C)^(1/2) = tr A^(1/2), whose gradient by C is G / 2 with G = L A^(-1/2) L'
 */
function comparedMoments(memory: tf.Tensor1D, factor: tf.Tensor2D, trace: number) {
  const dim = factor.shape[0]
  const moments = tf.div(memory, tf.slice(memory, [0], [1]))
  const apart = tf.slice(moments, [1], [dim]) as tf.Tensor1D
  const second = tf.reshape(tf.slice(moments, [1 + dim], [dim * dim]), [dim, dim])
  const column = tf.reshape(apart, [dim, 1])
  const covariance = tf.sub(second, tf.matMul(column, column, false, true)) as tf.Tensor2D
  const identity = tf.eye(dim)
  const { root, inverse } = squareRoots(tf.matMul(factor, tf.matMul(covariance, factor), true))
  const stretch = tf.sub(identity, tf.matMul(factor, tf.matMul(inverse, factor, false, true)))
  const diagonal = (matrix: tf.Tensor) => tf.sum(tf.mul(matrix, identity))
  const distance = tf.add(
    tf.add(tf.sum(tf.square(apart)), trace),
    tf.sub(diagonal(covariance), tf.mul(diagonal(root), 2)),
  )
  return { apart, stretch, distance }
}
