import * as tf from '@tensorflow/tfjs-core'
import type { Attrs } from './eager.js'

type Shape4D = [number, number, number, number]

/** A convolution of NHWC images, in tfjs's attributes. */
interface ConvAttrs {
  strides: number | [number, number]
  pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** The same convolution in TensorFlow's attributes. */
export function convAttrs(xShape: Shape4D, filterShape: Shape4D, attrs: ConvAttrs): Attrs {
  const { strideHeight, strideWidth, padInfo } = tf.backend_util.computeConv2DInfo(
    xShape,
    filterShape,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  )
  const { type, top, bottom, left, right } = padInfo
  const strides = [1, strideHeight, strideWidth, 1]
  if (type === 'SAME' || type === 'VALID') return { strides, padding: type }
  return { strides, padding: 'EXPLICIT', explicit_paddings: [0, 0, top, bottom, left, right, 0, 0] }
}
