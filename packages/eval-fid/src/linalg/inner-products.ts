import { sharedKernels } from './shared-kernels.js'

/** How many samples of each set, and how many features, the kernel takes at a time. */
const block = 128
const depth = 256

/**
 * Call `visit` with x_i · y_j for every pair of samples. The bits of a product don't depend on the positions of the samples
 * in the sets, nor on which set comes first.
 *
 * @param x, y  [N,features] and [M,features], row-major
 */
export function visitInnerProducts(
  x: Float64Array,
  y: Float64Array,
  features: number,
  visit: (i: number, j: number, product: number) => void,
): void {
  const { memory, kernels } = sharedKernels(2 * block * features + block * block + 4 * depth)
  const left = new Float64Array(memory.buffer, 0, block * features)
  const right = new Float64Array(memory.buffer, left.byteLength, block * features) // transposed
  const products = new Float64Array(memory.buffer, 2 * left.byteLength, block * block)
  const packed = products.byteOffset + products.byteLength
  const [n, m] = [x.length / features, y.length / features]
  for (let j = 0; j < m; j += block) {
    const width = Math.min(block, m - j)
    for (let k = 0; k < features; k++)
      for (let q = 0; q < width; q++) right[k * width + q] = y[(j + q) * features + k]!
    for (let i = 0; i < n; i += block) {
      const height = Math.min(block, n - i)
      left.set(x.subarray(i * features, (i + height) * features))
      products.fill(0)
      for (let k = 0; k < features; k += depth) {
        const [a, b] = [left.byteOffset + 8 * k, right.byteOffset + 8 * k * width]
        const some = Math.min(depth, features - k)
        kernels.addProduct(
          products.byteOffset,
          8 * width,
          a,
          8 * features,
          b,
          8 * width,
          height,
          width,
          some,
          1,
          packed,
        )
      }
      for (let p = 0; p < height; p++)
        for (let q = 0; q < width; q++) visit(i + p, j + q, products[p * width + q]!)
    }
  }
}

/** x · x of every sample. */
export function squaredNorms(x: Float64Array, features: number): Float64Array {
  return Float64Array.from({ length: x.length / features }, (_, i) => {
    let sum = 0
    for (let k = i * features; k < (i + 1) * features; k++) sum += x[k]! * x[k]!
    return sum
  })
}
