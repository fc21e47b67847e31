import { bytesToImages, bytesToSigned, createRng, signedToBytes } from '@rectified-flow/core'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

const all = Uint8Array.from({ length: 256 }, (_, i) => i)

it('goes from bytes to [-1,1] and back', () => {
  const values = bytesToSigned(all)
  expect([values[0], values[51], values[255]]).toEqual([-1, Math.fround(-0.6), 1])
  expect(signedToBytes(values)).toEqual(all)
})

it('rounds to the nearest byte, and clips numbers outside of [-1,1]', () => {
  const near = (byte: number, off: number) => (byte + off) / 127.5 - 1
  expect([...signedToBytes([near(7, 0.49), near(7, -0.49), near(7, 0.51)])]).toEqual([7, 7, 8])
  expect([...signedToBytes([0, 1, -1, 7, -Infinity, Infinity, Number.NaN])]).toEqual([
    128, 255, 0, 255, 0, 255, 0,
  ])
})

it('gives the bytes that tensors give', async () => {
  const halfway = Array.from({ length: 255 }, (_, i) => (i + 0.5) / 127.5 - 1)
  const values = Float32Array.from([...halfway, ...createRng(1).normals(20_000)])
  const levels = tf.round(tf.mul(tf.add(tf.clipByValue(tf.tensor1d(values), -1, 1), 1), 127.5))
  expect(signedToBytes(values)).toEqual(Uint8Array.from(await levels.data()))
})

it('turns bytes into images', async () => {
  const images = bytesToImages(all.subarray(0, 24), [2, 2, 3])
  expect(images.shape).toEqual([2, 2, 2, 3])
  await expectClose(tf.reshape(images, [-1]), tf.tensor1d(bytesToSigned(all).subarray(0, 24)), exact)
})
