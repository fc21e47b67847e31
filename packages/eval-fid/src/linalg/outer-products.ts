import { sharedKernels } from './shared-kernels.js'

/** How many rows of the sums, and how many samples, the kernel takes at a time. */
const block = 64
const depth = 128

/**
 * sums += rows^T rows. Only the upper triangle of the sums is stored, row by row.
 *
 * @param sums  [dim(dim+1)/2], changed in place
 * @param rows  [N,dim], row-major
 */
export function addOuterProducts(sums: Float64Array, rows: Float64Array, dim: number): void {
  for (let first = 0; first < rows.length; first += depth * dim)
    addSome(sums, rows.subarray(first, first + depth * dim), dim)
}

function addSome(sums: Float64Array, rows: Float64Array, dim: number): void {
  const n = rows.length / dim
  const { memory, kernels } = sharedKernels(2 * depth * dim + block * dim + 4 * depth)
  const x = new Float64Array(memory.buffer, 0, n * dim)
  const transposed = new Float64Array(memory.buffer, x.byteLength, n * dim)
  const part = new Float64Array(memory.buffer, 2 * x.byteLength, block * dim)
  const packed = part.byteOffset + part.byteLength
  x.set(rows)
  for (let i = 0; i < dim; i++) for (let k = 0; k < n; k++) transposed[i * n + k] = rows[k * dim + i]!

  let to = 0
  for (let i = 0; i < dim; i += block) {
    const height = Math.min(block, dim - i)
    const width = dim - i
    part.fill(0, 0, height * width)
    const [a, b] = [transposed.byteOffset + 8 * i * n, x.byteOffset + 8 * i]
    kernels.addProduct(part.byteOffset, 8 * width, a, 8 * n, b, 8 * dim, height, width, n, 1, packed)
    for (let row = 0; row < height; row++)
      for (let j = row; j < width; j++) sums[to++]! += part[row * width + j]!
  }
}
