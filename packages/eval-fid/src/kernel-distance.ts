import { type FeatureSet, toFloat64 } from './feature-set.js'

/**
 * Squared maximum mean discrepancy under the kernel (x·y/F + 1)^3, unbiased, over all pairs. Over the Inception
 * features it is the KID of the full sets; it may be slightly negative where the distributions are equal.
 *
 * @param a, b  features [N,F] and [M,F]; N, M >= 2
 * @see Binkowski et al., Demystifying MMD GANs, arXiv 1801.01401, section 4
 */
export function kernelDistance(a: FeatureSet, b: FeatureSet): number {
  const { a: x, b: y } = toFloat64('eval-fid.kernelDistance', { a, b }, 2)
  const [n, features] = a.shape
  const m = b.shape[0]
  let across = 0
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) across += kernel(x, i, y, j, features)
  return meanOfPairs(x, n, features) + meanOfPairs(y, m, features) - (2 * across) / (n * m)
}

/** Mean kernel of two different samples. */
function meanOfPairs(x: Float64Array, n: number, features: number): number {
  let sum = 0
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) sum += kernel(x, i, x, j, features)
  return (2 * sum) / (n * (n - 1))
}

function kernel(x: Float64Array, i: number, y: Float64Array, j: number, features: number): number {
  let product = 0
  for (let k = 0; k < features; k++) product += x[i * features + k]! * y[j * features + k]!
  return (product / features + 1) ** 3
}
