import {
  batchOf,
  checkFunction,
  checkTensor,
  type Field,
  interpolate,
  type Pairs,
  type Premetric,
  tapedGradients,
  type Weights,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

const WHERE = 'reflow.Trainer.advance'

/** The inputs of a batch's gradients. */
export interface BatchLoss {
  pairs: Pairs
  /** Times of the pairs [B]. */
  t: tf.Tensor1D
  premetric: Premetric
  /** The velocity for micro-batch m with its labels. */
  velocity: (m: number, labels: tf.Tensor2D | undefined) => Field
  microBatches: number
  /** A factor of the loss. */
  scale?: tf.Scalar | undefined
}

/** Gradients of scale · mean(premetric) in the weights' order, and the losses of all samples [B]. */
export interface BatchGradients {
  losses: tf.Tensor1D
  /** Undefined if the loss doesn't depend on the weight. */
  gradients: (tf.Tensor | undefined)[]
}

/** Gradients of a batch, as the sum of the gradients of its equal parts (micro-batches). Call it inside of a tidy. */
export function batchGradients(weights: Weights, loss: BatchLoss): BatchGradients {
  const { t, microBatches, scale } = loss
  const variables = [...weights.values()]
  const batch = batchOf(t)
  const mean = tf.fill([batch / microBatches], 1 / batch)
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
  { pairs, t: times, premetric, velocity, microBatches }: BatchLoss,
  m: number,
): tf.Tensor1D {
  const size = batchOf(times) / microBatches
  const part = <T extends tf.Tensor>(tensor: T): T =>
    microBatches === 1 ? tensor : (tf.slice(tensor, m * size, size) as T)
  const [x, z, t] = [part(pairs.x), part(pairs.z), part(times)]
  const xt = interpolate(x, z, t)
  const field = velocity(m, pairs.labels && part(pairs.labels))
  checkFunction(WHERE, 'velocity(rng, labels)', field)
  const prediction = field(xt, t)
  checkTensor(WHERE, 'velocity(rng, labels)(x, t)', prediction, xt.shape)
  const losses = premetric(prediction, tf.sub(z, x), { t, xt, x })
  checkTensor(WHERE, 'premetric(prediction, target, context)', losses, t.shape)
  return losses
}
