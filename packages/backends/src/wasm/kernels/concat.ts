import * as tf from '@tensorflow/tfjs-core'
import type { WasmReplacement } from '../backend.js'
import { addressOf, runUnits } from '../simd.js'

/** Concatenation, for example of skip connections along the channels. The stock kernel copies in JavaScript. */
export const concat: WasmReplacement<'Concat'> = stock => args => {
  const { inputs, attrs, backend } = args
  const first = inputs[0]!
  if (inputs.some(({ dtype, size }) => dtype !== 'float32' || size === 0)) return stock(args)
  const axis = tf.util.parseAxisParam(attrs.axis, first.shape)[0]!
  const shapes = inputs.map(({ shape }) => shape)
  tf.backend_util.assertParamsConsistent(shapes, axis)
  const out = backend.makeOutput(tf.backend_util.computeOutShape(shapes, axis), 'float32')
  const rows = tf.util.sizeFromShape(first.shape.slice(0, axis))
  const step = (4 * tf.util.sizeFromShape(out.shape)) / rows
  let to = addressOf(backend, out)
  for (const input of inputs) {
    const bytes = (4 * input.size) / rows
    const work = { units: rows, operations: 8 * input.size }
    runUnits(backend, 'copyRows', work, [addressOf(backend, input), to, bytes, bytes, step])
    to += bytes
  }
  return out
}
