import { createRng } from '@rectified-flow/core'
import { resize } from '@rectified-flow/eval-fid'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32 } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

const images = (n: number, h: number, w: number, c: number) => createRng(1).uniform([n, h, w, c], 0, 255)
const modes = ['clean', 'legacy_tensorflow', 'legacy_pytorch'] as const

describe('resize', () => {
  it.each(modes)('keeps an image of the wanted size, and a constant value, in mode %s', async mode => {
    const x = images(2, 5, 7, 3)
    await expectClose(resize(x, [5, 7], { mode }), x, f32)
    await expectClose(resize(tf.fill([1, 6, 9, 1], 200), [11, 4], { mode }), tf.fill([1, 11, 4, 1], 200), f32)
  })

  it("is TensorFlow 1's own bilinear in mode legacy_tensorflow", async () => {
    for (const [h, w] of [
      [13, 17],
      [4, 3],
    ] as const) {
      // biome-ignore format: sizes
      const x = images(2, 6, 9, 3)
      const expected = tf.image.resizeBilinear(x, [h, w], false, false)
      await expectClose(resize(x, [h, w], { mode: 'legacy_tensorflow' }), expected, {
        rtol: 1e-5,
        atol: 1e-3,
      })
    }
  })

  it('does not alias in mode clean: a fine checkerboard becomes grey', async () => {
    const board = tf.tidy(() => {
      const i = tf.range(0, 64)
      const parity = tf.mod(tf.add(tf.reshape(i, [64, 1]), tf.reshape(i, [1, 64])), 2)
      return tf.reshape(tf.mul(parity, 255), [1, 64, 64, 1]) as tf.Tensor4D
    })
    const spread = async (mode: (typeof modes)[number]) => {
      const { mean, variance } = tf.moments(resize(board, [16, 16], { mode }))
      await expectClose(mean, tf.scalar(mode === 'legacy_tensorflow' ? 0 : 127.5), { rtol: 0, atol: 0.5 })
      return Math.sqrt(variance.dataSync()[0]!)
    }
    expect(await spread('clean')).toBeLessThan(4)
    expect(await spread('legacy_tensorflow')).toBe(0) // every fourth pixel: black
  })

  it('leaks no tensor', async () => {
    await expectNoLeak(() => {
      const x = images(1, 4, 4, 3)
      tf.dispose([x, resize(x, [6, 3])])
    })
  })

  it('says what is wrong', () => {
    const x = images(1, 4, 4, 3)
    expect(() => resize(x, [0, 3])).toThrow(
      new RangeError('eval-fid.resize: height must be an integer >= 1, got 0.'),
    )
    expect(() => resize(x, [2, 3], { mode: 'nearest' as 'clean' })).toThrow(
      new RangeError(
        "eval-fid.resize: mode must be one of clean, legacy_tensorflow, legacy_pytorch, got 'nearest'.",
      ),
    )
  })
})
