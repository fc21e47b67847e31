import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'

export interface Tolerance {
  rtol: number
  atol: number
}

export const exact: Tolerance = { rtol: 0, atol: 0 }
/** Element-wise float32 work. */
export const f32: Tolerance = { rtol: 1e-5, atol: 1e-6 }
/** Reductions and solves. */
export const sum: Tolerance = { rtol: 1e-4, atol: 1e-5 }
/** Whole networks. */
export const net: Tolerance = { rtol: 1e-3, atol: 1e-4 }

type Numbers = tf.Tensor | ArrayLike<number> | number

interface Values {
  shape: readonly number[] | undefined
  dtype: string | undefined
  data: ArrayLike<number>
}

function read(value: Numbers): Values {
  if (value instanceof tf.Tensor)
    return { shape: value.shape, dtype: value.dtype, data: value.dataSync() as ArrayLike<number> }
  return { shape: undefined, dtype: undefined, data: typeof value === 'number' ? [value] : value }
}

/** The first place where |a - e| > atol + rtol |e|, in words; null where there is none. NaN equals only NaN. */
export function difference(actual: Numbers, expected: Numbers, { rtol, atol }: Tolerance): string | null {
  const [a, e] = [read(actual), read(expected)]
  if (a.shape && e.shape && String(a.shape) !== String(e.shape))
    return `shape [${a.shape}], expected [${e.shape}]`
  if (a.dtype && e.dtype && a.dtype !== e.dtype) return `dtype ${a.dtype}, expected ${e.dtype}`
  if (a.data.length !== e.data.length) return `${a.data.length} numbers, expected ${e.data.length}`
  let worst = -1
  let excess = 0
  for (let i = 0; i < a.data.length; i++) {
    const [x, y] = [a.data[i] as number, e.data[i] as number]
    if (Object.is(x, y) || x === y) continue
    const over = Math.abs(x - y) - (atol + rtol * Math.abs(y))
    if (Number.isNaN(over)) return `${x} at index ${i}, expected ${y}`
    if (over > excess) [worst, excess] = [i, over]
  }
  return worst < 0
    ? null
    : `${a.data[worst]} at index ${worst}, expected ${e.data[worst]} (rtol ${rtol}, atol ${atol})`
}

/** Expect the same shape, dtype and, within the tolerance, the same numbers. */
export function expectClose(actual: Numbers, expected: Numbers, tolerance: Tolerance = f32): void {
  expect(difference(actual, expected, tolerance)).toBeNull()
}
