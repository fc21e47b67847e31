import type * as tf from '@tensorflow/tfjs-core'
import type { WasmBackend } from './backend.js'
import type { Convolution } from './nhwc-convolution.js'
import { addressOf, runUnits, threadsOf, withScratch } from './simd.js'
import { convolveTiles, tilesPay } from './winograd.js'

/**
 * y = (conv2d(x, filter) + bias + skip) scale, by the faster of two kernels. The choice depends on a sample's shape, not on the
 * batch.
 */
export function runConvolution(backend: WasmBackend, conv: Convolution): void {
  if (tilesPay(conv) && !conv.filterEach) convolveTiles(backend, conv)
  else withPackedFilter(backend, conv, packed => convolvePixels(backend, conv, packed))
}

function withPackedFilter(backend: WasmBackend, conv: Convolution, body: (packed: number) => void): void {
  const { filter, bias = 0, turned = false, filterEach = false } = conv
  const [inputs, outputs] = [conv.inShape[3]!, conv.outShape[3]!]
  const taps = conv.filterShape[0] * conv.filterShape[1]
  const filters = filterEach ? conv.inShape[0]! : 1
  const panels = Math.ceil(outputs / 8) * filters
  const floats = panels * panelFloats(taps, inputs)
  withScratch(backend, floats, 1, packed => {
    const rows = taps * inputs
    if (turned) {
      const work = { units: panels, operations: 8 * floats }
      runUnits(backend, 'packTurnedFilter', work, [filter, packed, taps, inputs, outputs])
    } else {
      const work = { units: filters * (rows + 1), operations: 8 * floats }
      runUnits(backend, 'packFilter', work, [filter, bias, packed, rows, outputs])
    }
    body(packed)
  })
}

/** A panel of 8 output channels: their biases, then the weights. */
const panelFloats = (taps: number, inputs: number) => 8 * (taps * inputs + 1)

/** Rows of output in one unit of work: about 256 pixels, fewer if some threads would get no unit. */
function bandRows(backend: WasmBackend, [batch, height, width]: readonly number[]): number {
  const all = batch! * height! * width!
  const pixels = Math.min(256, Math.max(32, all / (4 * threadsOf(backend))))
  return Math.max(1, Math.min(height!, Math.round(pixels / width!)))
}

function convolvePixels(backend: WasmBackend, conv: Convolution, packed: number): void {
  const [, height, width, inputs] = conv.inShape as [number, number, number, number]
  const [batch, outHeight, outWidth, outputs] = conv.outShape as [number, number, number, number]
  const { x, y, skip = 0, scale = 1, filterShape, strides = [1, 1], top = 0, left = 0 } = conv
  const taps = filterShape[0] * filterShape[1]
  const rows = bandRows(backend, conv.outShape)
  const seen = ((rows - 1) * strides[0] + filterShape[0]) * ((outWidth - 1) * strides[1] + filterShape[1])
  const filterStep = conv.filterEach ? 4 * Math.ceil(outputs / 8) * panelFloats(taps, inputs) : 0
  withScratch(backend, rows * outWidth + 8 + seen * inputs, threadsOf(backend), (scratch, step) => {
    const places = [x, packed, filterStep, skip, scale, y, scratch, step]
    const sizes = [height, width, inputs, outHeight, outWidth, outputs, ...filterShape, ...strides]
    const units = batch * Math.ceil(outHeight / rows)
    const operations = batch * outHeight * outWidth * outputs * taps * inputs
    runUnits(backend, 'conv2d', { units, operations }, [...places, ...sizes, top, left, rows])
  })
}

/** Whether `convolve` can compute this convolution. */
export const isUndilated = ({ dilationHeight, dilationWidth }: tf.backend_util.Conv2DInfo): boolean =>
  dilationHeight === 1 && dilationWidth === 1

/** The convolution that tfjs describes by `info`. */
export function convolve(
  backend: WasmBackend,
  {
    x,
    filter,
    bias,
    skip,
  }: Record<'x' | 'filter', tf.TensorInfo> & { bias?: tf.TensorInfo; skip?: tf.TensorInfo },
  info: tf.backend_util.Conv2DInfo,
  scale = 1,
): tf.TensorInfo {
  const y = backend.makeOutput(info.outShape, 'float32')
  runConvolution(backend, {
    x: addressOf(backend, x),
    filter: addressOf(backend, filter),
    bias: bias && addressOf(backend, bias),
    skip: skip && addressOf(backend, skip),
    scale,
    y: addressOf(backend, y),
    inShape: x.shape,
    outShape: info.outShape,
    filterShape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    top: info.padInfo.top,
    left: info.padInfo.left,
  })
  return y
}
