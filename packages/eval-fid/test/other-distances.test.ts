import { createRng } from '@rectified-flow/core'
import {
  type FeatureSet,
  gaussianKernelDistance,
  meanSquaredError,
  memorisationDistance,
  peakSignalToNoise,
  slicedWasserstein,
} from '@rectified-flow/eval-fid'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32 } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'

const points = (...rows: number[][]): FeatureSet => ({
  data: rows.flat(),
  shape: [rows.length, rows[0]!.length],
})

describe('memorisationDistance', () => {
  it('is 0 for copies of any length, else the mean of the smallest 1 - |cos|', async () => {
    const training = points([1, 0], [0, 2])
    await expectClose(memorisationDistance(training, points([3, 0], [0, -1])), 0, { rtol: 0, atol: 1e-15 })
    const generated = points([1, 0], [Math.cos(0.3), Math.sin(0.3)])
    await expectClose(memorisationDistance(training, generated), (1 - Math.cos(0.3)) / 2, f32)
  })

  it('is 1 if the mean is at least the threshold', async () => {
    expect(memorisationDistance(points([1, 0]), points([0, 1]))).toBe(1)
    await expectClose(
      memorisationDistance(points([1, 0]), points([1, 1]), { threshold: 1 }),
      1 - Math.SQRT1_2,
      f32,
    )
  })
})

describe('gaussianKernelDistance', () => {
  it('is 2 (1 - kernel) thousand for one sample each, of any length', async () => {
    const kernel = Math.exp(-(2 - 2 * Math.cos(0.3)) / 200)
    const found = gaussianKernelDistance(points([3, 0]), points([Math.cos(0.3), Math.sin(0.3)]))
    await expectClose(found, 2000 * (1 - kernel), { rtol: 1e-12, atol: 0 })
  })

  it('is 0 for equal sets, and the same in both directions', async () => {
    const [a, b] = [points([1, 2], [3, -1], [0, 1]), points([2, 2], [-1, 1])]
    await expectClose(gaussianKernelDistance(a, a), 0, { rtol: 0, atol: 1e-12 })
    await expectClose(gaussianKernelDistance(a, b), gaussianKernelDistance(b, a), { rtol: 1e-12, atol: 0 })
    expect(gaussianKernelDistance(a, b)).toBeGreaterThan(1)
  })

  it('says which sample has no direction', () => {
    expect(() => gaussianKernelDistance(points([1, 0]), points([1, 1], [0, 0]))).toThrow(
      new RangeError(
        'eval-fid.gaussianKernelDistance: b must have samples of a length above 0, got 0 at [1].',
      ),
    )
  })
})

describe('slicedWasserstein', () => {
  const rng = createRng(5)

  it('is, on a line, the distance of sorted numbers, also for sets of different sizes', async () => {
    await expectClose(
      slicedWasserstein(points([3], [1]), points([2], [5]), { rng }),
      Math.sqrt((1 + 4) / 2),
      f32,
    )
    // Quantiles: 0 on [0,1/2] and 6 on [1/2,1], against 0, 3 and 6 on the three thirds of [0,1].
    await expectClose(
      slicedWasserstein(points([0], [6]), points([6], [0], [3]), { rng }),
      Math.sqrt(9 / 3),
      f32,
    )
  })

  it('is the length of a shift divided by the root of the dimension', () => {
    const a: FeatureSet = { data: createRng(1).normals(400), shape: [200, 2] }
    const b: FeatureSet = {
      data: Float32Array.from(a.data, (v, i) => v + (i % 2 ? 4 : 3)),
      shape: [200, 2],
    }
    // |shift| / sqrt(2) in the plane; with 2,000 directions the error is about two per cent.
    const found = slicedWasserstein(a, b, { rng, projections: 2000 })
    expect(Math.abs(found - 5 / Math.SQRT2)).toBeLessThan(0.15)
    expect(slicedWasserstein(a, a, { rng })).toBe(0)
    expect(slicedWasserstein(a, b, { rng })).toBe(slicedWasserstein(a, b, { rng }))
  })

  it('says what is wrong', () => {
    expect(() => slicedWasserstein(points([1]), points([1, 2]), { rng })).toThrow(
      new RangeError('eval-fid.slicedWasserstein: b must have shape [N,1] with N >= 1, got [1,2].'),
    )
  })
})

describe('meanSquaredError, peakSignalToNoise', () => {
  let images: tf.Tensor4D
  let originals: tf.Tensor4D
  beforeAll(() => {
    images = tf.tensor4d([1, 0, -1, 0.5, 0.5, 0.5], [2, 1, 3, 1])
    originals = tf.tensor4d([0, 0, 0, 0.5, 0.5, 0.3], [2, 1, 3, 1])
  })

  it('give one number for each image', async () => {
    await expectClose(meanSquaredError(images, originals), tf.tensor1d([2 / 3, 0.04 / 3]), f32)
    const decibels = [2 / 3, 0.04 / 3].map(error => 10 * Math.log10(4 / error))
    await expectClose(peakSignalToNoise(images, originals), tf.tensor1d(decibels), f32)
  })

  it('is infinite for equal images, and leaks no tensor', async () => {
    expect(peakSignalToNoise(images, images).dataSync()[0]).toBe(Infinity)
    await expectNoLeak(() => peakSignalToNoise(images, originals).dispose())
  })

  it('say what is wrong', () => {
    expect(() => peakSignalToNoise(images, tf.zeros([2, 3, 1, 1]))).toThrow(
      new RangeError('eval-fid.peakSignalToNoise: originals must have shape [2,1,3,1], got [2,3,1,1].'),
    )
  })
})
