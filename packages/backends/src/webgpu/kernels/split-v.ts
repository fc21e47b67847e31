import * as tf from '@tensorflow/tfjs-core'
import type { WebgpuReplacement } from '../backend.js'
import { copyPieces } from '../pieces.js'
import { makeTogether } from '../together.js'

/** Split, which is the gradient of concatenation. The stock kernel has a dispatch for each piece. */
export const splitV: WebgpuReplacement<'SplitV'> = stock => args => {
  const { inputs, attrs, backend } = args
  const { x } = inputs
  const axis = tf.util.parseAxisParam(attrs.axis, x.shape)[0]!
  const sizes = tf.backend_util.prepareSplitSize(x, attrs.numOrSizeSplits, axis)
  if (x.dtype !== 'float32' || sizes.includes(0)) return stock(args)
  const pieces = sizes.map(size => {
    const shape = x.shape.map((side, i) => (i === axis ? size : side))
    return backend.makeTensorInfo(shape, 'float32')
  })
  // More than can be bound get one buffer.
  if (pieces.length >= backend.device.limits.maxStorageBuffersPerShaderStage) makeTogether(backend, pieces)
  copyPieces(backend, 'pieces', x, pieces, axis)
  return pieces
}
