import { imageDataset } from '@rectified-flow/datasets'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32 } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

const images = Uint8Array.of(0, 51, 102, 153, 204, 255, 10, 20, 30, 40, 50, 60)
const parts = { images, height: 1, width: 2, channels: 3, labels: Uint8Array.of(2, 0), classes: 3 }

describe('imageDataset', () => {
  it('gives the requested images, in order, in [-1,1]', async () => {
    const { x, labels } = imageDataset(parts).batch([1, 0, 0])
    const [first, second] = [[-1, -0.6, -0.2, 0.2, 0.6, 1], [10, 20, 30, 40, 50, 60].map(v => v / 127.5 - 1)]
    await expectClose(x, tf.tensor4d([...second!, ...first!, ...first!], [3, 1, 2, 3]), f32)
    await expectClose(labels!, tf.tensor2d([1, 0, 0, 0, 0, 1, 0, 0, 1], [3, 3]))
  })

  it('gives no labels if it has none', () => {
    const data = imageDataset({ images, height: 2, width: 2, channels: 3 })
    expect(data.count).toBe(1)
    expect(Object.keys(data.batch(Int32Array.of(0)))).toEqual(['x'])
  })

  it('leaks no tensor', async () => {
    const data = imageDataset(parts)
    await expectNoLeak(() => tf.dispose(data.batch([0, 1])))
  })

  it('says what is wrong', () => {
    const data = imageDataset(parts)
    expect(() => data.batch([0, 2])).toThrow(
      new RangeError('datasets.batch: indices[1] must be an integer in [0, 1], got 2.'),
    )
    expect(() => data.batch([])).toThrow(
      new RangeError('datasets.batch: indices must hold at least 1 index, got 0.'),
    )
    expect(() => imageDataset({ ...parts, width: 5 })).toThrow(
      new RangeError(
        'datasets.imageDataset: images must hold N x 15 bytes, N >= 1, for shape [N,1,5,3], got 12.',
      ),
    )
    expect(() => imageDataset({ ...parts, classes: 2 })).toThrow(
      new RangeError('datasets.imageDataset: labels[0] must be an integer in [0, 1], got 2.'),
    )
    expect(() => imageDataset({ ...parts, labels: Uint8Array.of(1) })).toThrow(
      new RangeError('datasets.imageDataset: labels must hold one class for each of 2 images, got 1.'),
    )
  })
})
