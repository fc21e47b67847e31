import { NumericError } from '@rectified-flow/core'
import { type Kernels, linalgModule } from './kernels.js'

/**
 * tr (A B)^(1/2) of two positive semi-definite matrices, singular or not.
 *
 *   A = L L^T, B = M M^T     tr (A B)^(1/2) = the sum of the singular values of L^T M
 *
 * because (A B) and (L^T M)(L^T M)^T have the same nonzero eigenvalues. The root of a zero eigenvalue that rounding has
 * changed would be large; no root of an eigenvalue is taken, so rank-deficient covariances keep all digits. While it runs,
 * it takes the memory of three more matrices.
 *
 * @param a, b  symmetric, row-major [dim,dim]
 */
export function traceSqrtProduct(a: Float64Array, b: Float64Array, dim: number): number {
  return checkTrace(runTraceSqrtProduct(linalgModule(), a, b, dim))
}

/** Throw if `runTraceSqrtProduct` found no trace; else return the trace. */
export function checkTrace(trace: number): number {
  if (Number.isNaN(trace))
    throw new NumericError(
      'not-converged',
      'eval-fid.frechetDistance: the singular values must converge in 60 sweeps each, got none.',
    )
  return trace
}

/**
 * The same on the compiled kernels; NaN if they don't converge. A worker gets the text of this function, so it must not use
 * anything outside of itself, nor have inner functions.
 */
export function runTraceSqrtProduct(
  module: WebAssembly.Module,
  a: Float64Array,
  b: Float64Array,
  dim: number,
): number {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels
  const matrix = 8 * dim * dim
  const [spare, l, m] = [65_536, 65_536 + matrix, 65_536 + 2 * matrix]
  const lOrder = m + matrix
  const mOrder = lOrder + 8 * Math.ceil(dim / 2)
  const room = mOrder + 8 * Math.ceil(dim / 2)
  memory.grow(Math.ceil((room + 8 * kernels.roomFor(dim)) / 65_536) - 1)

  const numbers = new Float64Array(memory.buffer, spare, dim * dim)
  numbers.set(a)
  const lRank = kernels.pivotedCholesky(spare, dim, l, lOrder, room)
  numbers.set(b)
  const mRank = kernels.pivotedCholesky(spare, dim, m, mOrder, room)
  return lRank < mRank
    ? kernels.traceOfFactors(m, mOrder, mRank, l, lOrder, lRank, spare, room, dim)
    : kernels.traceOfFactors(l, lOrder, lRank, m, mOrder, mRank, spare, room, dim)
}
