import * as tf from '@tensorflow/tfjs-core'
import type { StockTable } from '../../kernels/stock-table.js'
import type { WasmBackend, WasmReplacement } from '../backend.js'
import { runConvolution } from '../convolution.js'
import { addressOf, makeZeros, runUnits, threadsOf, withScratch } from '../simd.js'

type Inputs = StockTable['BatchMatMul']['inputs']

function exchangeLast(x: tf.Tensor): tf.Tensor {
  const order = x.shape.map((_, i) => i)
  return tf.transpose(x, [...order.slice(0, -2), x.rank - 1, x.rank - 2])
}

const batchesOf = (x: tf.Tensor) => x.shape.slice(0, -2)
const { sizeFromShape } = tf.util

/** Rows whose products are summed up in registers. */
const ROWS = 256

/** a^T b, what the gradients of weights and of attention are made of. */
function transposedProduct({ a, b }: Inputs, backend: WasmBackend): tf.TensorInfo {
  const [rows, m] = a.shape.slice(-2) as [number, number]
  const n = b.shape.at(-1)!
  const out = makeZeros(backend, [...batchesOf(a), m, n])
  const batches = sizeFromShape(batchesOf(a))
  const [blocks, band] = [Math.ceil(m / 4), Math.min(rows, ROWS)]
  const floats = band * (4 * blocks + 8 * Math.ceil(n / 8))
  withScratch(backend, floats, threadsOf(backend), (scratch, step) => {
    const work = { units: batches * blocks, operations: batches * rows * m * n }
    const places = [addressOf(backend, a), addressOf(backend, b), addressOf(backend, out), scratch, step]
    runUnits(backend, 'matMulTransposed', work, [...places, rows, m, n, band])
  })
  return out
}

/** a b or a b^T: a convolution by one pixel of images that are one pixel wide, each with a filter of its own. */
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
 * Matrix product, in two kernels: a^T b and, with b as it is or transposed, a b. The stock kernel leaves XNNPACK for a
 * scalar loop (13 to 46 times slower) where a matrix is to be transposed or where there are batches; it is left those of
 * unequal batches.
 */
export const batchMatMul: WasmReplacement<'BatchMatMul'> = stock => args => {
  const { inputs, backend, attrs } = args
  const { a, b } = inputs
  const { transposeA, transposeB } = attrs
  if (a.dtype !== 'float32' || b.dtype !== 'float32') return stock(args) // which refuses
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
