import * as tf from '@tensorflow/tfjs-core'
import type { StockTable } from '../../kernels/stock-table.js'
import type { WasmBackend, WasmReplacement } from '../backend.js'
import { runConvolution } from '../convolution.js'
import { multiplyTransposed } from '../panels.js'
import { addressOf, makeZeros } from '../simd.js'

type Inputs = StockTable['BatchMatMul']['inputs']

function exchangeLast(x: tf.Tensor): tf.Tensor {
  const order = x.shape.map((_, i) => i)
  return tf.transpose(x, [...order.slice(0, -2), x.rank - 1, x.rank - 2])
}

const batchesOf = (x: tf.Tensor) => x.shape.slice(0, -2)
const { sizeFromShape } = tf.util

/** a^T b: the gradients of weights and of attention need this product. */
function transposedProduct({ a, b }: Inputs, backend: WasmBackend): tf.TensorInfo {
  const [rows, m] = a.shape.slice(-2) as [number, number]
  const n = b.shape.at(-1)!
  if (a.size === 0 || b.size === 0) return makeZeros(backend, [...batchesOf(a), m, n])
  const out = backend.makeOutput([...batchesOf(a), m, n], 'float32')
  const places = { x: addressOf(backend, a), y: addressOf(backend, b), out: addressOf(backend, out) }
  multiplyTransposed(backend, places, { batches: sizeFromShape(batchesOf(a)), rows, m, n })
  return out
}

/** a b or a b^T, as a convolution: a 1x1 filter for each image, on images that are one pixel wide. */
function product({ a, b }: Inputs, transposeB: boolean, backend: WasmBackend): tf.TensorInfo {
  const [m, k] = a.shape.slice(-2) as [number, number]
  const n = b.shape.at(transposeB ? -2 : -1)!
  const out = backend.makeOutput([...batchesOf(a), m, n], 'float32')
  const batches = sizeFromShape(batchesOf(a))
  runConvolution(backend, {
    x: addressOf(backend, a),
    filter: addressOf(backend, b),
    y: addressOf(backend, out),
    inShape: [batches, m, 1, k],
    outShape: [batches, m, 1, n],
    filterShape: [1, 1],
    turned: transposeB,
    filterEach: true,
  })
  return out
}

/**
 * Matrix product, by two kernels: one for a^T b, one for a b and a b^T. For transposed matrices and for batches the stock
 * kernel uses a scalar loop, 13 to 46 times slower than XNNPACK. Only products of unequal batches are left to it.
 */
export const batchMatMul: WasmReplacement<'BatchMatMul'> = stock => args => {
  const { inputs, backend, attrs } = args
  const { a, b } = inputs
  const { transposeA, transposeB } = attrs
  if (a.dtype !== 'float32' || b.dtype !== 'float32') return stock(args) // the stock kernel throws
  const same = tf.util.arraysEqual(batchesOf(a), batchesOf(b))
  if (same && transposeA && !transposeB) return transposedProduct(inputs, backend)
  if (same && !transposeA) return product(inputs, transposeB, backend)
  return tf.tidy(() => {
    const plain = transposeA ? exchangeLast(a) : a
    const run = () => {
      if (same) return product({ a: plain, b }, transposeB, backend)
      const attrs = { transposeA: false, transposeB: false }
      return stock({ inputs: { a: plain, b: transposeB ? exchangeLast(b) : b }, attrs, backend })
    }
    return tf.engine().makeTensorFromTensorInfo(run() as tf.TensorInfo)
  })
}
