import { dropout } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import { scope } from '@rectified-flow/tools/scope'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { testOp } from './test-op.js'

// A vector of eight numbers and what is left of one; more than one unit of work; shares of all kinds.
for (const [shape, share] of [
  [[8], 0.5],
  [[3, 7], 0.13],
  [[2, 5, 5, 3], 0.9],
  [[1, 9], 0],
  [[3, 1031], 0.25],
] as const)
  testOp(`dropout of ${share} of [${shape}]`, {
    shapes: [[...shape]],
    batched: [],
    tolerance: exact,
    op: x => dropout(x, share, createRng(5).fork('layer')),
  })

it('drops its share, and keeps the mean', async () => {
  await scope(async () => {
    const rng = createRng(1)
    const n = 100_000
    const values = await dropout(tf.ones([n]), 0.3, rng).data()
    const dropped = values.filter(value => value === 0).length / n
    expect(Math.abs(dropped - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / n))
    const kept = Math.fround(1 / (1 - Math.round(0.3 * 2 ** 15) / 2 ** 15))
    expect(new Set(values)).toEqual(new Set([0, kept]))
  })
})

it('takes one word of the stream for two numbers', async () => {
  await scope(async () => {
    const [rng, same] = [createRng(2), createRng(2)]
    const values = await dropout(tf.ones([13]), 0.5, rng).data()
    const words = same.integers(7, 2 ** 30)
    const bits = Array.from(words, word => [word & 0x7fff, word >> 15]).flat()
    await expectClose(
      values as Float32Array,
      bits.slice(0, 13).map(number => (number < 2 ** 14 ? 0 : 2)),
      exact,
    )
    expect(rng.uniforms(3)).toEqual(same.uniforms(3))
  })
})

it('gives -0 and NaN as a product does', async () => {
  await scope(async () => {
    const values = await dropout(tf.tensor1d([-1, Number.NaN, -1, Number.NaN]), 0.99, createRng(3)).data()
    expect([...values]).toEqual([-0, Number.NaN, -0, Number.NaN])
  })
})

it('says what is wrong', () => {
  tf.tidy(() => {
    expect(() => dropout(tf.ones([2]), 1, createRng(1))).toThrow(
      'backends.dropout: share must be a number in [0, 0.99], got 1.',
    )
    expect(() => dropout(tf.ones([2], 'int32'), 0.5, createRng(1))).toThrow(
      'backends.dropout: x must have dtype float32, got int32.',
    )
  })
})
