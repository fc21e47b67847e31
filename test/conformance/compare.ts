import * as tf from '@tensorflow/tfjs-core'
import type { Case } from './cases.js'

/** The results of a case on the active backend, read to the host; asynchronously, because WebGPU has no other way. */
export async function results({ compute }: Case): Promise<Float32Array[]> {
  const tensors = await compute()
  const values = await Promise.all(tensors.map(async tensor => Float32Array.from(await tensor.data())))
  tf.dispose(tensors)
  return values
}

/** The largest difference, as a share of the largest reference number; Infinity if sizes differ or a number is NaN. */
export function worstError(actual: readonly Float32Array[], expected: readonly Float32Array[]): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  return Math.max(...expected.map((one, i) => error(actual[i]!, one)))
}

function error(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  let [worst, largest] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!)
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY
    worst = Math.max(worst, difference)
    largest = Math.max(largest, Math.abs(expected[i]!))
  }
  return worst / largest
}
