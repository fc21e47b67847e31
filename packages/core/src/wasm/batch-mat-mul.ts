import * as tf from '@tensorflow/tfjs-core'
import { replaceKernel, type WasmBackend } from './backend.js'
import { addressOf, makeZeros, simdOf } from './simd.js'

interface Inputs {
  a: tf.Tensor
  b: tf.Tensor
}

type MatMul = (...args: unknown[]) => void
const bound = new WeakMap<WasmBackend, MatMul>()

function matMulOf(backend: WasmBackend): MatMul {
  let matMul = bound.get(backend)
  if (!matMul) {
    const n = 'number'
    matMul = backend.wasm.cwrap('BatchMatMul', null, [n, 'array', n, n, 'array', n, n, n, n])
    bound.set(backend, matMul)
  }
  return matMul
}

const bytes = (shape: number[]) => new Uint8Array(Int32Array.from(shape).buffer)

function exchangeLast(x: tf.Tensor): tf.Tensor {
  const order = x.shape.map((_, i) => i)
  return tf.transpose(x, [...order.slice(0, -2), x.rank - 1, x.rank - 2])
}

const sameBatches = (a: tf.Tensor, b: tf.Tensor) =>
  tf.util.arraysEqual(a.shape.slice(0, -2), b.shape.slice(0, -2))

/** a^T b, what the gradients of weights and of attention are made of. */
function transposedProduct({ a, b }: Inputs, backend: WasmBackend): tf.TensorInfo {
  const [rows, m] = a.shape.slice(-2) as [number, number]
  const n = b.shape.at(-1) as number
  const batches = a.shape.slice(0, -2)
  const out = makeZeros(backend, [...batches, m, n])
  simdOf(backend).matMulTransposed(
    addressOf(backend, a),
    addressOf(backend, b),
    addressOf(backend, out),
    tf.util.sizeFromShape(batches),
    rows,
    m,
    n,
  )
  return out
}

/**
 * Matrix product. The stock kernel leaves XNNPACK for a scalar loop (13 to 46 times slower) where a matrix is to be
 * transposed or where there are batches. Here a^T b has a kernel, other transposes are explicit, and each batch is a
 * call of its own on a view of the heap.
 */
export function registerBatchMatMul(): void {
  replaceKernel<Inputs, tf.BatchMatMulAttrs>('BatchMatMul', stock => args => {
    const { inputs, backend, attrs } = args
    if (inputs.a.dtype !== 'float32' || inputs.b.dtype !== 'float32') return stock(args) // which refuses
    if (attrs.transposeA && !attrs.transposeB && sameBatches(inputs.a, inputs.b))
      return transposedProduct(inputs, backend)
    return tf.tidy(() => {
      const a = attrs.transposeA ? exchangeLast(inputs.a) : inputs.a
      const b = attrs.transposeB ? exchangeLast(inputs.b) : inputs.b
      const batchShape = a.shape.slice(0, -2)
      const batches = tf.util.sizeFromShape(batchShape)
      const one = batches === 1 && b.size === tf.util.sizeFromShape(b.shape.slice(-2))
      if (one || !sameBatches(a, b)) {
        const attrs = { transposeA: false, transposeB: false }
        const out = stock({ inputs: { a, b }, attrs, backend }) as tf.TensorInfo
        return tf.engine().makeTensorFromTensorInfo(out)
      }
      const [m, k] = a.shape.slice(-2) as [number, number]
      const n = b.shape.at(-1) as number
      const out = backend.makeOutput([...batchShape, m, n], 'float32')
      const [startA, startB, startOut] = [a, b, out].map(x => addressOf(backend, x))
      const matMul = matMulOf(backend)
      for (let i = 0; i < batches; i++) {
        // Ids are never used twice: XNNPACK keeps the packed second matrix by its id.
        const ids = [
          [startA, m * k],
          [startB, k * n],
          [startOut, m * n],
        ].map(([start, size]) => {
          const id = backend.dataIdNextNumber++
          backend.wasm.tfjs.registerTensor(id, size as number, (start as number) + i * (size as number) * 4)
          return id
        })
        matMul(ids[0], bytes([1, m, k]), 3, ids[1], bytes([1, k, n]), 3, 0, 0, ids[2])
        for (const id of ids) backend.wasm.tfjs.disposeData(id)
      }
      return tf.engine().makeTensorFromTensorInfo(out)
    })
  })
}
