import * as tf from '@tensorflow/tfjs-core'
import type { Attrs, Eager, TensorflowBackend, Value } from './eager.js'
import { addKernel, replaceKernel } from './kernel.js'
import { hasOneDnn, ONEDNN } from './onednn.js'

type Shape4D = [number, number, number, number]

interface ConvAttrs {
  strides: number | [number, number]
  pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding
  dataFormat?: string
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** TensorFlow's attributes of a convolution of NHWC images. */
function attrsOf(xShape: Shape4D, filterShape: Shape4D, attrs: ConvAttrs): Attrs {
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

interface Inputs {
  x: tf.Tensor4D
  filter: tf.Tensor4D
  bias: tf.Tensor1D
}

/** oneDNN's convolution that adds its bias on the way. */
const FUSED = '_MklNativeConv2DWithBias'

function withBias(ops: Eager, { x, filter, bias }: Inputs, attrs: ConvAttrs): Value[] {
  const inputs = [x, filter, bias].map(tensor => ops.of(tensor))
  return [ops.run(FUSED, inputs, { ...attrsOf(x.shape, filter.shape, attrs), ...ONEDNN })]
}

function thenBias(ops: Eager, { x, filter, bias }: Inputs, attrs: ConvAttrs): Value[] {
  const y = ops.run('Conv2D', [ops.of(x), ops.of(filter)], attrsOf(x.shape, filter.shape, attrs))
  return [ops.run('BiasAdd', [y, ops.of(bias)])]
}

function hasFusedBias(backend: TensorflowBackend): boolean {
  const attrs = attrsOf([1, 3, 3, 1], [3, 3, 1, 1], { strides: 1, pad: 'valid' })
  return hasOneDnn(
    backend,
    (ops, filled) => {
      const inputs = [filled([1, 3, 3, 1], 1), filled([3, 3, 1, 1], 1), filled([1], 1)]
      return ops.run(FUSED, inputs, { ...attrs, ...ONEDNN })
    },
    10,
  )
}

interface GradientInputs {
  x: tf.Tensor4D
  filter: tf.Tensor4D
  dy: tf.Tensor4D
}

/**
 * A convolution with bias; and the gradients of convolutions, which tfjs-node has for padding by name only.
 */
export function registerConv2d(backend: TensorflowBackend): void {
  addKernel('RfConv2dBias', hasFusedBias(backend) ? withBias : thenBias)
  replaceKernel<GradientInputs, ConvAttrs & { inputShape: Shape4D }>(
    'Conv2DBackpropInput',
    (ops, { dy, filter }, attrs) => {
      const inputs = [ops.integers(attrs.inputShape), ops.of(filter), ops.of(dy)]
      return [ops.run('Conv2DBackpropInput', inputs, attrsOf(attrs.inputShape, filter.shape, attrs))]
    },
    ({ dataFormat }) => dataFormat === 'NHWC',
  )
  replaceKernel<GradientInputs, ConvAttrs & { filterShape: Shape4D }>(
    'Conv2DBackpropFilter',
    (ops, { x, dy }, attrs) => {
      const inputs = [ops.of(x), ops.integers(attrs.filterShape), ops.of(dy)]
      return [ops.run('Conv2DBackpropFilter', inputs, attrsOf(x.shape, attrs.filterShape, attrs))]
    },
    ({ dataFormat }) => dataFormat === 'NHWC',
  )
}
