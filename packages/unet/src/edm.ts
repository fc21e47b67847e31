import { checkTensor, type Denoiser, describe, type Field } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { ForwardOptions, Network } from './network.js'

export interface EdmOptions extends ForwardOptions {
  /** Standard deviation of the data. */
  sigmaData?: number
}

/** Times are held this far from 0 and 1 in the noise label, which is infinite there; training never leaves the range. */
const EDGE = 1e-5

/**
 * The denoiser of a raw network F under EDM's preconditioning.
 *
 *   D(x, σ) = c_skip x + c_out F(c_in x, ln(σ)/4)
 *   c_skip = s²/(σ²+s²), c_out = σ s/sqrt(σ²+s²), c_in = 1/sqrt(σ²+s²), s = sigmaData
 *
 * @see Karras et al., arXiv 2206.00364, table 1
 */
export function edmDenoiser(network: Network, { sigmaData = 0.5, ...options }: EdmOptions = {}): Denoiser {
  checkSigmaData('unet.edmDenoiser', sigmaData)
  return (x, sigma) => {
    checkTensor('unet.edmDenoiser', 'x', x, ['B', 'H', 'W', 'C'])
    checkTensor('unet.edmDenoiser', 'sigma', sigma, [x.shape[0]])
    return tf.tidy(() => {
      const variance = tf.add(tf.square(sigma), sigmaData ** 2)
      const cIn = tf.rsqrt(variance)
      const cOut = tf.mul(tf.mul(sigma, sigmaData), cIn)
      const cSkip = tf.div(sigmaData ** 2, variance)
      const noiseLabels: tf.Tensor1D = tf.mul(tf.log(sigma), 0.25)
      const f = network.forward(tf.mul(perSample(cIn), x), noiseLabels, options)
      return tf.add(tf.mul(perSample(cSkip), x), tf.mul(perSample(cOut), f)) as tf.Tensor4D
    })
  }
}

/**
 * The velocity of a raw network F under EDM's preconditioning: what velocity(edmDenoiser(F)) is, with the algebra done,
 * so that nothing overflows or cancels from t = 1e-5 to 1 - 1e-5. Beyond, the noise label stays at the edge's.
 *
 *   v(x_t, t) = ((t - s²(1-t)) / q²) x_t - (s/q) F(x_t/q, ln(t/(1-t))/4),  q² = t² + s²(1-t)², s = sigmaData
 */
export function edmVelocity(network: Network, { sigmaData = 0.5, ...options }: EdmOptions = {}): Field {
  checkSigmaData('unet.edmVelocity', sigmaData)
  return (x, t) => {
    checkTensor('unet.edmVelocity', 'x', x, ['B', 'H', 'W', 'C'])
    checkTensor('unet.edmVelocity', 't', t, [x.shape[0] as number])
    return tf.tidy(() => {
      const rest = tf.sub(1, t)
      const cIn = tf.rsqrt(tf.add(tf.square(t), tf.square(tf.mul(rest, sigmaData))))
      const cSkip = tf.mul(tf.sub(t, tf.mul(rest, sigmaData ** 2)), tf.square(cIn))
      const inside = tf.clipByValue(t, EDGE, 1 - EDGE)
      const noiseLabels: tf.Tensor1D = tf.mul(tf.sub(tf.log(inside), tf.log(tf.sub(1, inside))), 0.25)
      const f = network.forward(tf.mul(perSample(cIn), x) as tf.Tensor4D, noiseLabels, options)
      return tf.sub(tf.mul(perSample(cSkip), x), tf.mul(perSample(tf.mul(cIn, sigmaData)), f))
    })
  }
}

/**
 * The velocity of any denoiser: v(x_t, t) = (x_t - D(x_t/(1-t), t/(1-t))) / t, for t in (0, 1). The difference cancels
 * as t goes to 0: prefer edmVelocity for a network of EDM.
 */
export function velocity(denoiser: Denoiser): Field {
  return (x, t) => {
    checkTensor('unet.velocity', 'x', x, ['B', 'H', 'W', 'C'])
    checkTensor('unet.velocity', 't', t, [x.shape[0] as number])
    return tf.tidy(() => {
      const rest: tf.Tensor1D = tf.sub(1, t)
      const denoised = denoiser(tf.div(x, perSample(rest)) as tf.Tensor4D, tf.div(t, rest))
      return tf.div(tf.sub(x, denoised), perSample(t))
    })
  }
}

function checkSigmaData(where: string, sigmaData: number): void {
  if (!(Number.isFinite(sigmaData) && sigmaData > 0))
    throw new RangeError(`${where}: sigmaData must be a number > 0, got ${describe(sigmaData)}.`)
}

/** [B] -> [B,1,1,1]. */
function perSample(values: tf.Tensor): tf.Tensor4D {
  return tf.reshape(values, [-1, 1, 1, 1])
}
