import * as tf from '@tensorflow/tfjs-core'
import type { WebgpuReplacement } from '../backend.js'
import { copyPieces } from '../pieces.js'

/** Concatenation. The stock kernel joins many tensors in groups, and then the groups. */
export const concat: WebgpuReplacement<'Concat'> = stock => args => {
  const { inputs, attrs, backend } = args
  const isStock = inputs.some(({ dtype, size }) => dtype !== 'float32' || size === 0)
  if (isStock || inputs.length === 1) return stock(args)
  const axis = tf.util.parseAxisParam(attrs.axis, inputs[0]!.shape)[0]!
  const shapes = inputs.map(({ shape }) => shape)
  tf.backend_util.assertParamsConsistent(shapes, axis)
  const whole = backend.makeTensorInfo(tf.backend_util.computeOutShape(shapes, axis), 'float32')
  copyPieces(backend, 'whole', whole, inputs, axis)
  return whole
}
