import { evaluate } from '../eager.js'
import type { TensorflowReplacement } from '../kernel.js'
import { conv2dBackpropFilter as oneDnnFilter } from '../kernels/conv2d-backprop-filter.js'
import { conv2dBackpropInput as oneDnnInput } from '../kernels/conv2d-backprop-input.js'
import { convolutionSlopes, convolve, isNative } from './convolve.js'

export const conv2d: TensorflowReplacement<'Conv2D'> = stock => args => {
  const { inputs, attrs, backend } = args
  const { dataFormat, dilations } = attrs
  const isDense = dataFormat === 'NHWC' && [dilations].flat().every(side => side === 1)
  const shape = { ...attrs, x: inputs.x.shape, filter: inputs.filter.shape }
  return isDense && isNative(shape) ? evaluate(backend, ops => ({ y: convolve(ops, inputs) })).y : stock(args)
}

/** The gradient with respect to x: dy convolved with the turned filter. */
export const conv2dBackpropInput: TensorflowReplacement<'Conv2DBackpropInput'> = stock => {
  const other = oneDnnInput(stock)
  return args => {
    const { inputs, attrs, backend } = args
    const { dy: x, filter } = inputs
    const shape = { ...attrs, x: attrs.inputShape, filter: filter.shape }
    return attrs.dataFormat === 'NHWC' && isNative(shape)
      ? evaluate(backend, ops => ({ y: convolve(ops, { x, filter, turned: true }) })).y
      : other(args)
  }
}

export const conv2dBackpropFilter: TensorflowReplacement<'Conv2DBackpropFilter'> = stock => {
  const other = oneDnnFilter(stock)
  return args => {
    const { inputs, attrs, backend } = args
    const { x, dy } = inputs
    const shape = { ...attrs, x: x.shape, filter: attrs.filterShape }
    if (attrs.dataFormat !== 'NHWC' || !isNative(shape)) return other(args)
    return evaluate(backend, ops => {
      const { filter } = convolutionSlopes(ops, x, dy, attrs.filterShape)
      return { filter }
    }).filter
  }
}
