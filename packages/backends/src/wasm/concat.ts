import * as tf from '@tensorflow/tfjs-core'
import { replaceKernel } from './backend.js'
import { addressOf, simdOf } from './simd.js'

/** Concatenation of skips along the channels and, its gradient, their split; the stock kernels copy in JavaScript. */
export function registerConcat(): void {
  replaceKernel<tf.Tensor[], tf.ConcatAttrs>('Concat', stock => args => {
    const { inputs, attrs, backend } = args
    const first = inputs[0] as tf.Tensor
    if (inputs.some(({ dtype, size }) => dtype !== 'float32' || size === 0)) return stock(args)
    const axis = tf.util.parseAxisParam(attrs.axis, first.shape)[0] as number
    const shapes = inputs.map(({ shape }) => shape)
    tf.backend_util.assertParamsConsistent(shapes, axis)
    const out = backend.makeOutput(tf.backend_util.computeOutShape(shapes, axis), 'float32')
    const rows = tf.util.sizeFromShape(first.shape.slice(0, axis))
    const step = (4 * tf.util.sizeFromShape(out.shape)) / rows
    let to = addressOf(backend, out)
    for (const input of inputs) {
      const bytes = (4 * input.size) / rows
      simdOf(backend).copyRows(addressOf(backend, input), to, rows, bytes, bytes, step)
      to += bytes
    }
    return out
  })
  replaceKernel<{ x: tf.Tensor }, tf.SplitVAttrs>('SplitV', stock => args => {
    const { inputs, attrs, backend } = args
    const { x } = inputs
    if (x.dtype !== 'float32' || x.size === 0) return stock(args)
    const axis = tf.util.parseAxisParam(attrs.axis, x.shape)[0] as number
    const sizes = tf.backend_util.prepareSplitSize(x, attrs.numOrSizeSplits, axis)
    const rows = tf.util.sizeFromShape(x.shape.slice(0, axis))
    const step = (4 * x.size) / rows
    let from = addressOf(backend, x)
    return sizes.map(size => {
      const out = backend.makeOutput(
        x.shape.map((side, i) => (i === axis ? size : side)),
        'float32',
      )
      const bytes = (step / (x.shape[axis] as number)) * size
      simdOf(backend).copyRows(from, addressOf(backend, out), rows, bytes, step, bytes)
      from += bytes
      return out
    })
  })
}
