import {
  createRng,
  dataPrediction,
  interpolate,
  noisePrediction,
  velocityFromData,
} from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, f32 } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

const SHAPE = [3, 2, 2, 1]
const times = [0, 0.25, 1]
const numbers = () => {
  const [x, z] = [createRng(1).normal(SHAPE), createRng(2).normal(SHAPE)]
  return { x, z, v: tf.sub(z, x) }
}
const row = (tensor: tf.Tensor, i: number) => tf.slice(tensor, i, 1)

describe('the straight path', () => {
  it('is (1 - t) x + t z, from the data to the noise', async () => {
    const { x, z } = numbers()
    const xt = interpolate(x, z, tf.tensor1d(times))
    const [data, noise] = [await x.data(), await z.data()]
    const expected = Float32Array.from(data, (value, i) => {
      const t = times[Math.floor(i / 4)]!
      return (1 - t) * value + t * noise[i]!
    })
    await expectClose(xt, tf.tensor(expected, SHAPE), f32)
    await expectClose(row(xt, 0), row(x, 0), exact)
  })

  it('leads back to the data and on to the noise, and gives the velocity', async () => {
    const { x, z, v } = numbers()
    const t = tf.tensor1d([0.1, 0.25, 1])
    const xt = interpolate(x, z, t)
    await expectClose(dataPrediction(xt, v, t), x, f32)
    await expectClose(noisePrediction(xt, v, t), z, f32)
    await expectClose(velocityFromData(xt, x, t), v, { rtol: 1e-5, atol: 1e-5 }) // a difference over t = 0.1
    await expectClose(dataPrediction(x, v, 0), x, exact)
    await expectClose(noisePrediction(z, v, 1), z, exact)
  })

  it.each([
    ['interpolate', interpolate],
    ['dataPrediction', dataPrediction],
    ['noisePrediction', noisePrediction],
    ['velocityFromData', velocityFromData],
  ])('%s takes one number for all samples, of any shape, and leaves nothing behind', async (_, formula) => {
    for (const shape of [[3], [3, 5], SHAPE]) {
      const [a, b] = [createRng(3).normal(shape), createRng(4).normal(shape)]
      await expectClose(formula(a, b, 0.3), formula(a, b, tf.fill([3], 0.3)), f32)
      const [t, x, z] = [tf.tensor1d([0.2, 0.5, 0.9]), a, b]
      await expectNoLeak(() => tf.dispose([formula(x, z, t), formula(x, z, 0.5)]))
    }
  })

  it('has gradients', async () => {
    const { x, z } = numbers()
    const t = tf.tensor1d(times)
    const [dx, dz] = tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.sum(interpolate(a, b, t)))([x, z])
    expect([...(await dx!.data())]).toEqual([0, 0.25, 1].flatMap(t => Array(4).fill(1 - t)))
    expect([...(await dz!.data())]).toEqual([0, 0.25, 1].flatMap(t => Array(4).fill(t)))
  })
})
