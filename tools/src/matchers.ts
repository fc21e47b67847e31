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

async function read(value: Numbers): Promise<Values> {
  if (value instanceof tf.Tensor) {
    const { shape, dtype } = value // read first: the tensor may be disposed during data()
    return { shape, dtype, data: (await value.data()) as ArrayLike<number> }
  }
  return { shape: undefined, dtype: undefined, data: typeof value === 'number' ? [value] : value }
}

/** A description of the first number with |a - e| > atol + rtol |e|; null if there is none. NaN equals only NaN. */
export async function difference(
  actual: Numbers,
  expected: Numbers,
  { rtol, atol }: Tolerance,
): Promise<string | null> {
  const [a, e] = await Promise.all([read(actual), read(expected)])
  if (a.shape && e.shape && String(a.shape) !== String(e.shape))
    return `shape [${a.shape}], expected [${e.shape}]`
  if (a.dtype && e.dtype && a.dtype !== e.dtype) return `dtype ${a.dtype}, expected ${e.dtype}`
  if (a.data.length !== e.data.length) return `${a.data.length} numbers, expected ${e.data.length}`
  let worst = -1
  let excess = 0
  for (let i = 0; i < a.data.length; i++) {
    const [x, y] = [a.data[i]!, e.data[i]!]
    if (Object.is(x, y) || x === y) continue
    const over = Math.abs(x - y) - (atol + rtol * Math.abs(y))
    if (Number.isNaN(over)) return `${x} at index ${i}, expected ${y}`
    if (over > excess) [worst, excess] = [i, over]
  }
  return worst < 0
    ? null
    : `${a.data[worst]} at index ${worst}, expected ${e.data[worst]} (rtol ${rtol}, atol ${atol})`
}

/**
 * Expect the same shape, dtype and, within the tolerance, the same numbers. Await the result, because WebGPU can only read
 * asynchronously, and keep the tensors alive until then.
 */
export async function expectClose(
  actual: Numbers,
  expected: Numbers,
  tolerance: Tolerance = f32,
): Promise<void> {
  expect(await difference(actual, expected, tolerance)).toBeNull()
}
