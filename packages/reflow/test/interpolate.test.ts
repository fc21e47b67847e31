import { createRng } from '@rectified-flow/core'
import { dataPrediction, interpolate } from '@rectified-flow/reflow'
import { exact, expectClose, f32 } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, it } from 'vitest'

const SHAPE = [2, 2, 1] as const

describe('interpolate and dataPrediction', () => {
  it('go from data at t = 0 to noise at t = 1 and back', async () => {
    const [x, z] = [createRng(1).normal([3, ...SHAPE]), createRng(2).normal([3, ...SHAPE])]
    const t = tf.tensor1d([0, 0.25, 1])
    const xt = interpolate(x, z, t)
    await expectClose(tf.slice(xt, 0, 1), tf.slice(x, 0, 1), exact)
    await expectClose(tf.slice(xt, 2, 1), tf.slice(z, 2, 1), f32)
    await expectClose(dataPrediction(xt, tf.sub(z, x), t), x, f32)
  })
})
