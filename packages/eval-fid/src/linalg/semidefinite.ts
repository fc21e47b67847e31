import type { Kernels } from './kernels.js'

/**
 * True if no eigenvalue of a symmetric matrix is below -slack, for then A + slack·I has a Cholesky factor.
 *
 * A worker gets the text of this function, so it must not use anything outside of itself, nor have inner functions.
 *
 * @param a  row-major [dim,dim]
 */
export function runSemidefinite(module: WebAssembly.Module, a: Float64Array, slack: number): boolean {
  if (slack === 0) return true // only zeros
  const dim = Math.sqrt(a.length)
  const memory = new WebAssembly.Memory({ initial: 1 })
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels
  const matrix = 8 * dim * dim
  const order = 65_536 + 2 * matrix
  const room = order + 8 * dim
  memory.grow(Math.ceil((room + 16 * dim) / 65_536) - 1)

  const numbers = new Float64Array(memory.buffer, 65_536, dim * dim)
  numbers.set(a)
  for (let i = 0; i < dim; i++) numbers[i * dim + i]! += slack
  return kernels.pivotedCholesky(65_536, dim, 65_536 + matrix, order, room) === dim
}
