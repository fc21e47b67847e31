import { composedFor, type TensorflowReplacement } from '../kernel.js'
import * as oneDnnFilter from '../kernels/conv2d-backprop-filter.js'
import * as oneDnnInput from '../kernels/conv2d-backprop-input.js'
import { convolutionSlopes, convolve, isNative } from './convolve.js'

export const conv2d = composedFor<'Conv2D'>(
  ({ x, filter }, { dataFormat, dilations, ...attrs }) =>
    dataFormat === 'NHWC' &&
    [dilations].flat().every(side => side === 1) &&
    isNative({ ...attrs, x: x.shape, filter: filter.shape }),
  (ops, inputs) => convolve(ops, inputs),
)

/** dy convolved with the turned filter. */
const inputSlope = composedFor<'Conv2DBackpropInput'>(
  ({ filter }, { dataFormat, inputShape, ...attrs }) =>
    dataFormat === 'NHWC' && isNative({ ...attrs, x: inputShape, filter: filter.shape }),
  (ops, { dy, filter }) => convolve(ops, { x: dy, filter, turned: true }),
)

const filterSlope = composedFor<'Conv2DBackpropFilter'>(
  ({ x }, { dataFormat, filterShape, ...attrs }) =>
    dataFormat === 'NHWC' && isNative({ ...attrs, x: x.shape, filter: filterShape }),
  (ops, { x, dy }, { filterShape }) => convolutionSlopes(ops, x, dy, filterShape).filter,
)

// What isn't native goes to oneDNN, and what oneDNN doesn't take, to the stock kernel.

export const conv2dBackpropInput: TensorflowReplacement<'Conv2DBackpropInput'> = stock =>
  inputSlope(oneDnnInput.conv2dBackpropInput(stock))

export const conv2dBackpropFilter: TensorflowReplacement<'Conv2DBackpropFilter'> = stock =>
  filterSlope(oneDnnFilter.conv2dBackpropFilter(stock))
