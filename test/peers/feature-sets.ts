import type { FeatureSet } from '@rectified-flow/eval-fid'
import { normal } from './inputs.js'
import { array } from './peer.js'

/** Two sets of features [N,F], of other means and covariances, in float64. */
export function featureSets(samples = 200, features = 32) {
  const setOf = (name: string, scale: number, shift: number) => {
    const own = normal(`${name} own`, [samples, features]).data as Float32Array
    const shared = normal(`${name} shared`, [samples, 1]).data as Float32Array
    return Float64Array.from(own, (value, i) => scale * value + shared[Math.floor(i / features)]! + shift)
  }
  const shape = [samples, features] as const
  const [first, second] = [setOf('first', 1, 0), setOf('second', 0.8, 0.3)]
  const set = (data: Float64Array): FeatureSet => ({ data, shape })
  return {
    first: set(first),
    second: set(second),
    arrays: { first: array(first, [...shape]), second: array(second, [...shape]) },
  }
}
