import type { ConvAttrs, ConvInputs } from '../../kernels/table.js'
import { composed, either } from '../kernel.js'
import * as oneDnn from '../kernels/conv2d-bias.js'
import { convolve, isNative } from './convolve.js'

const takes = ({ x, filter }: ConvInputs, { strides, pad }: ConvAttrs) =>
  isNative({ x: x.shape, filter: filter.shape, strides, pad })

export const conv2dBias = either<'Conv2dBias'>(
  takes,
  composed((ops, inputs) => ({ y: convolve(ops, inputs) })),
  oneDnn.conv2dBias,
)

export const conv2dSkip = either<'Conv2dSkip'>(
  takes,
  composed((ops, inputs, { scale }) => ({ y: convolve(ops, { ...inputs, scale }) })),
  oneDnn.conv2dSkip,
)
