import {
  batchOf,
  checkTensor,
  interpolate,
  type Pairs,
  type Premetric,
  type Rng,
  tapedGradients,
  type Weights,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type Comparison, startTimes } from './comparison.js'

const WHERE = 'reflow.Trainer.advance'

/** The inputs of a batch's gradients. */
export interface BatchLoss {
  pairs: Pairs
  /** Times of the pairs [B], or [B,3]. */
  times: tf.Tensor
  compare: Comparison
  premetric: Premetric
  /** Drives the dropout of micro-batch m. */
  rngOf: (m: number) => Rng | undefined
  microBatches: number
  /** Samples of the whole batch, over which the loss is a mean; these pairs may be a part of it. */
  batch: number
  /** A factor of the loss. */
  scale?: tf.Scalar | undefined
}

/** Gradients of scale · sum(premetric) / batch in the weights' order, and the losses of the pairs [B]. */
export interface BatchGradients {
  losses: tf.Tensor1D
  /** Undefined if the loss doesn't depend on the weight. */
  gradients: (tf.Tensor | undefined)[]
}

/** Gradients of a batch, as the sum of the gradients of its equal parts (micro-batches). Call it inside of a tidy. */
export function batchGradients(weights: Weights, loss: BatchLoss): BatchGradients {
  const { times, microBatches, batch, scale } = loss
  const variables = [...weights.values()]
  const mean = tf.fill([batchOf(times) / microBatches], 1 / batch)
  const slope = scale ? tf.mul(mean, scale) : mean
  const losses: tf.Tensor1D[] = []
  let gradients: BatchGradients['gradients'] = []
  for (let m = 0; m < microBatches; m++) {
    const before = gradients
    const next = tf.tidy(() => {
      // Not variableGrads, which needs a scalar: here the loss of each sample stays available.
      const { value, grads } = tapedGradients(() => partLosses(loss, m), variables, slope)
      const sums = grads.map((gradient, i) => {
        const sum = before[i]
        return gradient && sum ? tf.add(gradient, sum) : gradient
      })
      return { value, sums }
    })
    losses.push(next.value as tf.Tensor1D)
    gradients = next.sums
    for (const sum of before) sum?.dispose()
  }
  return { losses: losses.length === 1 ? losses[0]! : tf.concat(losses), gradients }
}

/** The premetric of micro-batch m at its times, [B / microBatches]. */
export function partLosses(
  { pairs, times: all, compare, premetric, rngOf, microBatches }: Omit<BatchLoss, 'batch' | 'scale'>,
  m: number,
): tf.Tensor1D {
  const size = batchOf(all) / microBatches
  const part = <T extends tf.Tensor>(tensor: T): T =>
    microBatches === 1 ? tensor : (tf.slice(tensor, m * size, size) as T)
  const [x, z, times] = [part(pairs.x), part(pairs.z), part(all)]
  const t = startTimes(times)
  const xt = interpolate(x, z, t)
  const labels = pairs.labels && { labels: part(pairs.labels) }
  const { prediction, target } = compare({ x, z, xt, times, ...labels }, rngOf(m))
  const losses = premetric(prediction, target, { t, xt, x })
  checkTensor(WHERE, 'premetric(prediction, target, context)', losses, t.shape)
  return losses
}
