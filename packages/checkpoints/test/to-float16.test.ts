import { toFloat32 } from '@rectified-flow/checkpoints'
import { createRng, toFloat16 } from '@rectified-flow/core'
import { expect, it } from 'vitest'

const back = (values: number[]) => [
  ...toFloat32({ dtype: 'F16', shape: [values.length], data: toFloat16(values) }),
]

it('rounds to the nearest half, ties to even, and comes back', () => {
  expect(back([0, -0, 1, -2.5, 65504, 2 ** -24])).toEqual([0, -0, 1, -2.5, 65504, 2 ** -24])
  expect(back([1 + 2 ** -11, 1 + 3 * 2 ** -11])).toEqual([1, 1 + 2 ** -9]) // ties
  expect(back([65519, 65520, -1e30, 2 ** -26])).toEqual([65504, Infinity, -Infinity, 0])
  expect(back([Number.NaN])).toEqual([Number.NaN])
})

it('is off by at most 2^-11 of the value', () => {
  const values = [...createRng(0).normals(1000)]
  for (const [i, value] of back(values).entries())
    expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(Math.abs(values[i]!) * 2 ** -11 + 2 ** -25)
})
