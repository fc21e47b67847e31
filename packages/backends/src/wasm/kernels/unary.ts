import type * as tf from '@tensorflow/tfjs-core'
import type { StockName } from '../../kernels/stock-table.js'
import type { WasmBackend, WasmReplacement } from '../backend.js'
import { addressOf, runUnits } from '../simd.js'

type Name = 'Relu' | 'Square' | 'Sqrt'

/** As in assembly/unary.ts. */
const CODES: Record<(Name | 'Step') & StockName, number> = { Relu: 0, Step: 1, Square: 2, Sqrt: 3 }

/** Numbers in one unit of work. */
const UNIT = 16_384

/** Functions of each number that networks of features use. The stock kernels have one thread. */
export const unary =
  (name: Name): WasmReplacement<Name> =>
  stock =>
  args => {
    const { inputs, backend } = args
    return isShared(inputs.x) ? run(backend, name, inputs.x) : stock(args)
  }

/** 1 above 0, and alpha elsewhere: the slope of relu. */
export const step: WasmReplacement<'Step'> = stock => args => {
  const { inputs, attrs, backend } = args
  return isShared(inputs.x) ? run(backend, 'Step', inputs.x, attrs.alpha) : stock(args)
}

const isShared = ({ dtype, size }: tf.Tensor) => dtype === 'float32' && size > 0

function run(backend: WasmBackend, name: Name | 'Step', x: tf.Tensor, alpha = 0): tf.TensorInfo {
  const out = backend.makeOutput(x.shape, 'float32')
  const work = { units: Math.ceil(x.size / UNIT), operations: 4 * x.size }
  const values = [CODES[name], addressOf(backend, x), addressOf(backend, out), alpha, x.size, UNIT]
  runUnits(backend, 'unary', work, values)
  return out
}
