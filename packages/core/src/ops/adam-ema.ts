import * as tf from '@tensorflow/tfjs-core'

/** One weight tensor and what the optimiser keeps for it, all of one shape. */
export interface AdamSlot {
  weight: tf.Variable
  /** First and second moment of the gradient. */
  m: tf.Variable
  v: tf.Variable
  /** Exponential moving average of the weight. */
  ema: tf.Variable
}

export interface AdamEmaOptions {
  /** Count of updates, from 1: sets the bias correction. */
  step: number
  learningRate: number
  beta1?: number
  beta2?: number
  epsilon?: number
  /** Decay of the moving average of the weights. */
  emaDecay?: number
}

/**
 * One Adam step (Kingma and Ba, algorithm 1, as PyTorch: epsilon after the root of the corrected moment), then the
 * moving average of the new weight. Updates the slot's variables.
 */
export function adamEma(
  { weight, m, v, ema }: AdamSlot,
  gradient: tf.Tensor,
  { step, learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, emaDecay = 0.9999 }: AdamEmaOptions,
): void {
  tf.tidy(() => {
    const mNext = tf.add(tf.mul(m, beta1), tf.mul(gradient, 1 - beta1))
    const vNext = tf.add(tf.mul(v, beta2), tf.mul(tf.square(gradient), 1 - beta2))
    const root = tf.add(tf.sqrt(tf.mul(vNext, 1 / (1 - beta2 ** step))), epsilon)
    const next = tf.sub(weight, tf.mul(tf.div(mNext, root), learningRate / (1 - beta1 ** step)))
    ema.assign(tf.add(tf.mul(ema, emaDecay), tf.mul(next, 1 - emaDecay)))
    m.assign(mNext)
    v.assign(vNext)
    weight.assign(next)
  })
}
