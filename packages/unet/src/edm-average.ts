import { type AverageField, batchOf, checkKind, checkOptions, checkTensor } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type EdmOptions, edmNames } from './edm-network.js'
import type { AverageNetwork } from './network.js'
import { wrapped } from './precondition.js'
import { edm } from './preconditioners/edm.js'

/**
 * The average velocity of a raw network of two times, in EDM's form: x [B,H,W,C], t [B] and r [B] to [B,H,W,C].
 *
 *   u(x_t, t, r) = c_skip x_t - (s/q_t) F(x_t/q_t, c(t), c(r)),   c(t) = ln(t/(1-t))/4
 *   c_skip = (q_t - q_r) / ((t - r) q_t) = ((t + r) - s² (2 - t - r)) / (q_t (q_t + q_r)),   q_t² = t² + s² (1-t)²
 *
 * With F = 0 it is the average velocity of normal data of standard deviation s. Where r = t it is `edmVelocity`, with the same
 * bits, so a network of one time may be its start. Its velocity alone is `edmVelocity(network)`.
 *
 * c(t) changes without bound near t = 0 and 1, and so may du/dt of a network that is not trained yet. For objectives with a
 * derivative keep times away from the ends, and sample from there: `uShaped({ epsilon: 0.01 })`, and a grid from 0.99 to 0.
 *
 * @see Geng et al., Mean Flows for One-step Generative Modeling, arXiv 2505.13447, section 4.1; Karras et al., arXiv 2206.00364,
 *      table 1, for the form
 */
export function edmAverageVelocity(
  network: AverageNetwork,
  options: EdmOptions = {},
): AverageField<tf.Tensor4D> {
  const where = 'unet.edmAverageVelocity'
  checkOptions(where, options, edmNames)
  checkKind(where, 'network', network, 'a network such as new SongUNet({ ...config, times: 2 }, { rng })', [
    'forward',
  ])
  const { sigmaData = 0.5, ...rest } = options
  const { atTime } = edm({ sigmaData })
  return (x, { t, r }) => {
    checkTensor(where, 'x', x, ['B', 'H', 'W', 'C'])
    checkTensor(where, 'interval.t', t, [batchOf(x)])
    checkTensor(where, 'interval.r', r, [batchOf(x)])
    return tf.tidy(() => {
      const [from, to] = [atTime(t), atTime(r)]
      const [atT, atR] = [from.scale as tf.Tensor1D, to.scale as tf.Tensor1D] // 1/q
      // 2/(q_t + q_r), written so that nothing is rounded where r = t
      const meanScale = tf.add(atT, tf.mul(atT, tf.div(tf.sub(atR, atT), tf.add(atT, atR))))
      const slope = (time: tf.Tensor1D) => tf.sub(time, tf.mul(tf.sub(1, time), sigmaData ** 2))
      const skip = tf.mul(tf.mul(tf.add(slope(t), slope(r)), 0.5), meanScale)
      return wrapped(network, x, { ...from, skip }, { ...rest, endLabels: to.noise })
    })
  }
}
