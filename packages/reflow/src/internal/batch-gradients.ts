import { squareSums } from '@rectified-flow/backends'
import {
  batchOf,
  type Field,
  interpolate,
  type Pairs,
  type Premetric,
  type Weights,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/** What the gradients of a batch are computed from. */
export interface BatchLoss {
  pairs: Pairs
  /** Times of the pairs [B]. */
  t: tf.Tensor1D
  premetric: Premetric
  /** Velocity for micro-batch m, whose labels are given. */
  velocity: (m: number, labels: tf.Tensor2D | undefined) => Field
  microBatches: number
  /** What the loss is multiplied by. */
  scale: number
}

/** What a step computes on the device. (A type and not an interface, so that `tf.tidy` takes it.) */
export type BatchGradients = {
  /** Of scale · mean(premetric), by weight in the weights' order; none where the loss doesn't depend on a weight. */
  gradients: (tf.Tensor | undefined)[]
  /** [2B + n]: losses, times, and the sum of squares of each gradient. Read it once. */
  report: tf.Tensor1D
}

/** Gradients over a batch, worked on in equal parts whose gradients add up. Call it in a tidy. */
export function batchGradients(weights: Weights, loss: BatchLoss): BatchGradients {
  const { t, microBatches, scale } = loss
  const variables = [...weights.values()]
  const batch = batchOf(t)
  const size = batch / microBatches
  const slope = tf.fill([size], scale / batch)
  const losses: tf.Tensor[] = []
  let gradients: BatchGradients['gradients'] = []
  for (let m = 0; m < microBatches; m++) {
    const before = gradients
    const part = <T extends tf.Tensor>(tensor: T): T =>
      microBatches === 1 ? tensor : (tf.slice(tensor, m * size, size) as T)
    const next = tf.tidy(() => {
      // Not variableGrads, which takes a scalar: this leaves the losses of the samples to be read.
      const { value, grads } = tf
        .engine()
        .gradients(() => sampleLosses(loss, m, part), variables, slope, true)
      const sums = (grads as BatchGradients['gradients']).map((gradient, i) => {
        const sum = before[i]
        return gradient && sum ? tf.add(gradient, sum) : gradient
      })
      return { value, sums }
    })
    losses.push(next.value)
    gradients = next.sums
    for (const sum of before) sum?.dispose()
  }
  const squares = squareSums(gradients.filter(gradient => gradient !== undefined))
  return { gradients, report: tf.concat([...losses, t, squares]) as tf.Tensor1D }
}

/** The premetric of micro-batch m at its times, [B / microBatches]. */
function sampleLosses(
  { pairs, t: times, premetric, velocity }: BatchLoss,
  m: number,
  part: <T extends tf.Tensor>(tensor: T) => T,
): tf.Tensor1D {
  const [x, z, t] = [part(pairs.x), part(pairs.z), part(times)]
  const xt = interpolate(x, z, t)
  const prediction = velocity(m, pairs.labels && part(pairs.labels))(xt, t)
  return premetric(prediction, tf.sub(z, x), { t, xt, x })
}
