import { createRng } from '@rectified-flow/core'
import { uShaped } from '@rectified-flow/timestep-dists'
import * as tf from '@tensorflow/tfjs-core'
import type { Case } from '../case.js'
import { float32, tensorOf } from '../host-tensors.js'

const SEED = 7
/** The paper's parameter, and the distance that times keep from 0 and 1. */
const [A, EPSILON] = [4, 1e-5]

/** Drawing times from the U-shaped distribution. The times that are compared come from the same uniform numbers. */
export function timestepCase(quick: boolean): Case {
  const count = quick ? 512 : 65_536
  const distribution = uShaped({ a: A, epsilon: EPSILON })
  return {
    name: 'timestep sampling',
    size: `U-shaped, ${count.toLocaleString('en')} times`,
    inputs: () => new Map([['q', float32([count], createRng(SEED).uniforms(count))]]),
    open() {
      const rng = createRng(SEED + 1)
      return {
        run: () => [distribution.sample(count, rng)],
        outputs: async () => [distribution.sample(count, createRng(SEED))],
      }
    },
    openStock(inputs) {
      const scale = Math.sinh(A / 2)
      const timesOf = (q: tf.Tensor) => {
        const centred = tf.mul(tf.sub(tf.mul(q, 2), 1), scale)
        const u = tf.add(tf.div(tf.asinh(centred), A), 0.5)
        return tf.add(tf.mul(u, 1 - 2 * EPSILON), EPSILON)
      }
      return {
        run: () => [tf.tidy(() => timesOf(tf.randomUniform([count])))],
        outputs: async () => [tf.tidy(() => timesOf(tensorOf(inputs, 'q')))],
      }
    },
  }
}
