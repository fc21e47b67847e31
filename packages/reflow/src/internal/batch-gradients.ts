import {
  batchOf,
  checkKind,
  checkTensor,
  interpolate,
  type Pairs,
  type Premetric,
  type Rng,
  tapedGradients,
  type Weights,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { BatchLoss } from '../batch-loss.js'
import { type Comparison, startTimes } from './comparison.js'

const WHERE = 'reflow.Trainer.advance'

/** The inputs of a batch's gradients. */
export interface PairLoss {
  pairs: Pairs
  /** Times of the pairs [B], or [B,3]. */
  times: tf.Tensor
  compare: Comparison
  premetric: Premetric | BatchLoss
  /** What a loss of a batch remembers [M]; none for a premetric. */
  memory?: tf.Tensor1D | undefined
  /** Drives the dropout of micro-batch m. */
  rngOf: (m: number) => Rng | undefined
  microBatches: number
  /** Samples of the whole batch, over which the loss is a mean; these pairs may be a part of it. */
  batch: number
  /** A factor of the loss. */
  scale?: tf.Scalar | undefined
}

/** Gradients of scale · sum(losses) / batch in the weights' order, and the losses of the pairs [B]. */
export interface BatchGradients {
  losses: tf.Tensor1D
  /** What the loss of a batch remembers next. */
  memory: tf.Tensor1D | undefined
  /** Undefined if the loss doesn't depend on the weight. */
  gradients: (tf.Tensor | undefined)[]
}

/** Gradients of a batch, as the sum of the gradients of its equal parts (micro-batches). Call it inside of a tidy. */
export function batchGradients(weights: Weights, loss: PairLoss): BatchGradients {
  const { times, microBatches, batch, scale, memory } = loss
  const variables = [...weights.values()]
  const mean = tf.fill([batchOf(times) / microBatches], 1 / batch)
  const factors = (scale ? tf.mul(mean, scale) : mean) as tf.Tensor1D
  const slope = withMemory(factors, memory && tf.zerosLike(memory))
  const values: tf.Tensor1D[] = []
  let gradients: BatchGradients['gradients'] = []
  for (let m = 0; m < microBatches; m++) {
    const before = gradients
    const next = tf.tidy(() => {
      // Not variableGrads, which needs a scalar: here the loss of each sample stays available.
      const { value, grads } = tapedGradients(
        () => {
          const { losses, memory } = partLosses(loss, m)
          return withMemory(losses, memory)
        },
        variables,
        slope,
      )
      const sums = grads.map((gradient, i) => {
        const sum = before[i]
        return gradient && sum ? tf.add(gradient, sum) : gradient
      })
      return { value, sums }
    })
    values.push(next.value as tf.Tensor1D)
    gradients = next.sums
    for (const sum of before) sum?.dispose()
  }
  const value = values.length === 1 ? values[0]! : tf.concat(values)
  if (!memory) return { losses: value, memory, gradients }
  const [losses, next] = tf.split(value, [batchOf(times), memory.size]) as [tf.Tensor1D, tf.Tensor1D]
  return { losses, memory: next, gradients }
}

/** Both in one tensor, because a tape has one result. */
function withMemory(losses: tf.Tensor1D, memory: tf.Tensor1D | undefined): tf.Tensor1D {
  return memory ? tf.concat([losses, memory]) : losses
}

/** The losses of micro-batch m at its times [B / microBatches], and what a loss of a batch remembers next. */
export function partLosses(
  { pairs, times: all, compare, premetric, memory, rngOf, microBatches }: Omit<PairLoss, 'batch' | 'scale'>,
  m: number,
): { losses: tf.Tensor1D; memory: tf.Tensor1D | undefined } {
  const size = batchOf(all) / microBatches
  const part = <T extends tf.Tensor>(tensor: T): T =>
    microBatches === 1 ? tensor : (tf.slice(tensor, m * size, size) as T)
  const [x, z, times] = [part(pairs.x), part(pairs.z), part(all)]
  const t = startTimes(times)
  const xt = interpolate(x, z, t)
  const labels = pairs.labels && { labels: part(pairs.labels) }
  const { prediction, target } = compare({ x, z, xt, times, ...labels }, rngOf(m))
  const context = { t, xt, x }
  if (typeof premetric === 'function') {
    const losses = premetric(prediction, target, context)
    checkTensor(WHERE, 'premetric(prediction, target, context)', losses, t.shape)
    return { losses, memory: undefined }
  }
  const compared = premetric.compare(prediction, target, context, memory!)
  const result = 'premetric.compare(prediction, target, context, memory)'
  checkKind(WHERE, result, compared, 'an object of losses and memory', ['losses', 'memory'])
  checkTensor(WHERE, `${result}.losses`, compared.losses, t.shape)
  checkTensor(WHERE, `${result}.memory`, compared.memory, memory!.shape)
  return compared
}
