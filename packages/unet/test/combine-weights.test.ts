import type { HostTensor } from '@rectified-flow/checkpoints'
import { toFloat16 } from '@rectified-flow/core'
import { combineWeights } from '@rectified-flow/unet'
import { expect, it } from 'vitest'

const one = (...values: number[]): Map<string, HostTensor> =>
  new Map([['w', { dtype: 'F32', shape: [values.length], data: Float32Array.from(values) }]])

it('sums snapshots, each times its factor, from lists and generators, of any dtype', async () => {
  const half: HostTensor = { dtype: 'F16', shape: [1], data: toFloat16(Float32Array.of(0.5)) }
  async function* read() {
    yield one(2)
    yield one(3)
    yield new Map([['w', half]])
  }
  for (const snapshots of [read(), [one(2), one(3), one(0.5)]]) {
    const sum = await combineWeights(snapshots, [2, -1, 4])
    expect([...sum]).toEqual([['w', { dtype: 'F32', shape: [1], data: Float32Array.of(3) }]])
  }
  // 1e8 - 1e8 + 1 is 0 in float32.
  expect((await combineWeights([one(1e8), one(1), one(1e8)], [1, 1, -1])).get('w')!.data[0]).toBe(1)
})

it('says what is wrong', async () => {
  await expect(combineWeights([one(1)], [1, 2])).rejects.toThrow(
    'unet.combineWeights: factors must have a number for each of 1 snapshots, got 2.',
  )
  await expect(combineWeights([one(1), one(1, 2)], [1, 2])).rejects.toThrow(
    'unet.combineWeights: snapshots[1] must have w of shape [1], as the first, got [2].',
  )
  await expect(combineWeights([one(1), new Map()], [1, 2])).rejects.toThrow(
    'unet.combineWeights: snapshots[1] must have 1 tensors, as the first, got 0.',
  )
  await expect(combineWeights([one(1)], [Number.NaN])).rejects.toThrow('factors must be finite, got NaN')
})
