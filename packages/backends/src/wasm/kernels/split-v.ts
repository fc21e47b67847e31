import * as tf from '@tensorflow/tfjs-core'
import type { WasmReplacement } from '../backend.js'
import { addressOf, runUnits } from '../simd.js'

/** Split, which is the gradient of concatenation. The stock kernel copies in JavaScript. */
export const splitV: WasmReplacement<'SplitV'> = stock => args => {
  const { inputs, attrs, backend } = args
  const { x } = inputs
  if (x.dtype !== 'float32' || x.size === 0) return stock(args)
  const axis = tf.util.parseAxisParam(attrs.axis, x.shape)[0]!
  const sizes = tf.backend_util.prepareSplitSize(x, attrs.numOrSizeSplits, axis)
  const rows = tf.util.sizeFromShape(x.shape.slice(0, axis))
  const step = (4 * x.size) / rows
  let from = addressOf(backend, x)
  return sizes.map(size => {
    const out = backend.makeOutput(
      x.shape.map((side, i) => (i === axis ? size : side)),
      'float32',
    )
    const bytes = (step / x.shape[axis]!) * size
    const work = { units: rows, operations: 2 * rows * bytes }
    runUnits(backend, 'copyRows', work, [from, addressOf(backend, out), bytes, step, bytes])
    from += bytes
    return out
  })
}
