import {
  alongBatch,
  batchOf,
  checkFunction,
  checkTensor,
  type Denoiser,
  dataPrediction,
  type Field,
  noisePrediction,
  velocityFromData,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/**
 * The velocity of any denoiser: v(x_t, t) = (x_t - D(x_t/(1-t), t/(1-t))) / t, for t in (0, 1). Near t = 0 the difference
 * loses digits: for a network use networkVelocity.
 */
export function velocity(denoise: Denoiser): Field {
  checkFunction('unet.velocity', 'denoise', denoise)
  return (x, t) => {
    check('unet.velocity', x, 't', t)
    return tf.tidy(() => {
      const rest: tf.Tensor1D = tf.sub(1, t)
      const denoised = denoise(tf.div(x, alongBatch(rest, x)) as tf.Tensor4D, tf.div(t, rest))
      checkTensor('unet.velocity', 'denoise(x, sigma)', denoised, x.shape)
      return velocityFromData<tf.Tensor>(x, denoised, t)
    })
  }
}

/** The denoiser of any velocity: D(x, σ) = x_t - t v(x_t, t) with t = σ/(1+σ), x_t = (1-t) x; σ in [0, infinity). */
export function denoiser(field: Field): Denoiser {
  checkFunction('unet.denoiser', 'field', field)
  return (x, sigma) => {
    check('unet.denoiser', x, 'sigma', sigma)
    return tf.tidy(() => {
      const level: tf.Tensor1D = tf.add(sigma, 1)
      const t: tf.Tensor1D = tf.div(sigma, level)
      const xt = tf.div(x, alongBatch(level, x))
      const v = field(xt, t)
      checkTensor('unet.denoiser', 'field(x, t)', v, x.shape)
      return dataPrediction(xt, v, t) as tf.Tensor4D
    })
  }
}

/**
 * The score of any velocity, which is the gradient of log p_t(x_t) by x_t, for t in (0, 1]:
 *
 *   score(x_t, t) = -E[z given x_t] / t = -(x_t + (1-t) v(x_t, t)) / t
 *
 * @returns  x [B,H,W,C], t [B] -> [B,H,W,C]
 */
export function score(field: Field): Field {
  checkFunction('unet.score', 'field', field)
  return (x, t) => {
    check('unet.score', x, 't', t)
    return tf.tidy(() => {
      const v = field(x, t)
      checkTensor('unet.score', 'field(x, t)', v, x.shape)
      const noise = noisePrediction(x, v, t)
      return tf.neg(tf.div(noise, alongBatch(t, x)))
    })
  }
}

function check(where: string, x: tf.Tensor, name: string, values: tf.Tensor): void {
  checkTensor(where, 'x', x, ['B', 'H', 'W', 'C'])
  checkTensor(where, name, values, [batchOf(x)])
}
