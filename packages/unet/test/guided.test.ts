import { createRng, dataPrediction, type Field } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32, sum } from '@rectified-flow/tools/matchers'
import { guided } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

const field = (x: tf.Tensor) => tf.mul(x, 2)
const guide = (x: tf.Tensor) => tf.mul(x, 0.5)
const images = (count: number) => createRng(5).normal([count, 2, 2, 3])

it('is g + scale (f - g)', async () => {
  const [x, t] = [images(2), tf.tensor1d([0.2, 0.7])]
  for (const scale of [0, 1, 3])
    await expectClose(guided(field, guide, { scale })(x, t), tf.mul(x, 0.5 + 1.5 * scale), f32)
})

it('is f outside of its interval, per sample', async () => {
  const [x, t] = [images(4), tf.tensor1d([0.1, 0.3, 0.6, 0.9])]
  for (const rescale of [0, 1]) {
    const v = guided(field, guide, { scale: 3, interval: [0.2, 0.7], rescale })
    const plain = tf.gather(tf.mul(x, 2), [0, 3])
    await expectClose(tf.gather(v(x, t), [0, 3]), plain, f32)
    await expectNoLeak(() => v(x, t).dispose())
  }
  const factors = tf.tensor4d([2, 5, 5, 2], [4, 1, 1, 1])
  await expectClose(guided(field, guide, { scale: 3, interval: [0.2, 0.7] })(x, t), tf.mul(x, factors), f32)
})

it("rescales to the contrast of the field's own data prediction, in each sample", async () => {
  const [x, t] = [images(3), tf.tensor1d([1e-4, 0.3, 1])]
  const [a, b] = [createRng(1).normal(x.shape), createRng(2).normal(x.shape)]
  const [f, g]: Field[] = [x => tf.add(x, a), x => tf.sub(x, b)]
  const deviation = (v: tf.Tensor) => {
    const flat = tf.reshape(dataPrediction(x, v as tf.Tensor4D, t), [3, -1])
    return tf.sqrt(tf.moments(flat, 1).variance)
  }
  const at = (rescale: number) => guided(f!, g!, { scale: 4, rescale })(x, t)
  await expectClose(deviation(at(1)), deviation(f!(x, t)), sum)
  await expectClose(at(0.25), tf.add(tf.mul(at(0), 0.75), tf.mul(at(1), 0.25)), sum)
  // The prediction keeps its mean, and its direction from there: only its contrast changes.
  const predictions = [at(0), at(1)].map(v => tf.reshape(dataPrediction(x, v as tf.Tensor4D, t), [3, -1]))
  const [mean0, mean1] = predictions.map(d => tf.mean(d, 1, true)) as [tf.Tensor, tf.Tensor]
  await expectClose(mean1, mean0, sum)
  const [d0, d1] = predictions.map(d => tf.sub(d, mean0)) as [tf.Tensor, tf.Tensor]
  await expectClose(tf.sum(tf.mul(d0, d1), 1), tf.mul(tf.norm(d0, 2, 1), tf.norm(d1, 2, 1)), sum)
})

it('keeps its digits near t = 0, where the prediction is the state', async () => {
  // F = x - t a, D = x - t (a + 3 (a + b)); for t to 0 the change of v is -cov(x, push) / var(x) (x - mean(x)).
  const x = images(1)
  const [a, b] = [createRng(1).normal(x.shape), createRng(2).normal(x.shape)]
  const options = { scale: 4, rescale: 1 }
  const field = guided(
    () => tf.clone(a),
    () => tf.neg(b),
    options,
  )
  const [nearly, nothing] = [field(x, tf.tensor1d([1e-6])), field(x, tf.tensor1d([0]))]
  const push = tf.mul(3, tf.add(a, b))
  const centred = tf.sub(x, tf.mean(x))
  const slope = tf.div(tf.sum(tf.mul(centred, push)), tf.sum(tf.square(centred)))
  await expectClose(nothing, tf.sub(tf.add(a, push), tf.mul(slope, centred)), sum)
  await expectClose(nearly, nothing, { rtol: 1e-3, atol: 1e-4 }) // they differ by t times numbers of size 10
})

it('leaves an image of one colour as it is', async () => {
  const flat = tf.ones([1, 2, 2, 1])
  const v = guided(field, guide, { scale: 3, rescale: 1 })(flat, tf.tensor1d([0.5]))
  await expectClose(v, tf.mul(flat, 5), f32)
})

it('says what is wrong', () => {
  const call = (options: object) => () => guided(field, guide, options as { scale: number })
  expect(call({ scale: Number.NaN })).toThrow('unet.guided: scale must be a finite number, got NaN.')
  expect(call({})).toThrow('unet.guided: scale must be given, got undefined.')
  expect(call({ scale: 2, interval: [0.5, 0.2] })).toThrow(
    'unet.guided: interval must be times 0 <= from <= to <= 1, got [0.5,0.2].',
  )
  expect(call({ scale: 2, rescale: 2 })).toThrow('unet.guided: rescale must be a number in [0, 1], got 2.')
})
