import { composed, either } from '../kernel.js'
import * as oneDnn from '../kernels/conv2d-bias-gradient.js'
import { convolutionSlopes, isNative } from './convolve.js'

export const conv2dBiasGradient = either<'Conv2dBiasGradient'>(
  ({ x }, { filterShape: filter, strides, pad }) => isNative({ x: x.shape, filter, strides, pad }),
  composed((ops, { x, dy }, { filterShape }) => convolutionSlopes(ops, x, dy, filterShape)),
  oneDnn.conv2dBiasGradient,
)
