import { checkInt, checkTensor } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, runKernel } from '../kernels/run-kernel.js'

/** One weight tensor and the optimiser's state for it, all of one shape. */
export interface AdamSlot {
  weight: tf.Variable
  /** First and second moment of the gradient. */
  m: tf.Variable
  v: tf.Variable
  /** Exponential moving average of the weight. */
  ema: tf.Variable
}

export interface AdamEmaOptions {
  /** Number of this update, from 1; it decides the bias correction. */
  step: number
  learningRate: number
  beta1?: number
  beta2?: number
  epsilon?: number
  /** Decay of the moving average of the weights. */
  emaDecay?: number
}

/**
 * One Adam step (Kingma and Ba, algorithm 1; like PyTorch it adds epsilon to the root of the corrected moment), then the
 * moving average of the new weight. Updates the slot's variables.
 *
 * @param gradient  has the shape of the slot's tensors
 */
export function adamEma(
  { weight, m, v, ema }: AdamSlot,
  gradient: tf.Tensor,
  { step, learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, emaDecay = 0.9999 }: AdamEmaOptions,
): void {
  checkTensor('backends.adamEma', 'gradient', gradient, weight.shape)
  checkInt('backends.adamEma', 'step', step, 1)
  const rate = learningRate / (1 - beta1 ** step)
  const correction = 1 / (1 - beta2 ** step)
  const assignAll = (next: Record<keyof AdamSlot, tf.Tensor>) => {
    weight.assign(next.weight)
    m.assign(next.m)
    v.assign(next.v)
    ema.assign(next.ema)
  }
  tf.tidy(() => {
    if (hasKernel('AdamEma')) {
      const attrs = { rate, beta1, beta2, epsilon, correction, emaDecay }
      assignAll(runKernel('AdamEma', { weight, m, v, ema, gradient }, attrs))
    } else {
      const mNext = tf.add(tf.mul(m, beta1), tf.mul(gradient, 1 - beta1))
      const vNext = tf.add(tf.mul(v, beta2), tf.mul(tf.square(gradient), 1 - beta2))
      const root = tf.add(tf.sqrt(tf.mul(vNext, correction)), epsilon)
      const weightNext = tf.sub(weight, tf.mul(tf.div(mNext, root), rate))
      const emaNext = tf.add(tf.mul(ema, emaDecay), tf.mul(weightNext, 1 - emaDecay))
      assignAll({ weight: weightNext, m: mNext, v: vNext, ema: emaNext })
    }
  })
}
