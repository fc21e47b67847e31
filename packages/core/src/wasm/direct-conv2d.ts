import type * as tf from '@tensorflow/tfjs-core'
import type { WasmBackend } from './backend.js'
import { addressOf, runUnits, threadsOf, withScratch } from './simd.js'

/** A convolution from NHWC to NHWC; tensors are given by their addresses. */
export interface DirectConv2d {
  x: number
  /** [h,w,I,O]; where it is turned, [h,w,O,I] of the convolution whose input gradient this is. */
  filter: number
  /** [O] */
  bias?: number
  y: number
  /** [B,H,W,I] */
  inShape: readonly number[]
  /** [B,H',W',O] */
  outShape: readonly number[]
  /** [h,w] */
  filterShape: readonly [number, number]
  strides?: readonly [number, number]
  /** Rows and columns of padding before the image. */
  top?: number
  left?: number
  turned?: boolean
  /** Whether each image has a filter of its own, [B,h,w,I,O]. */
  filterEach?: boolean
}

const PIXELS = 256

/** Rows of output that are done at once: some 256 pixels, fewer where threads would have nothing to do. */
export function bandRows(backend: WasmBackend, batch: number, height: number, width: number): number {
  const pixels = Math.min(PIXELS, Math.max(32, (batch * height * width) / (4 * threadsOf(backend))))
  return Math.max(1, Math.min(height, Math.round(pixels / width)))
}

/** y = conv2d(x, filter) + bias. */
export function directConv2d(
  backend: WasmBackend,
  {
    x,
    filter,
    bias = 0,
    y,
    inShape,
    outShape,
    filterShape: [filterHeight, filterWidth],
    strides: [strideHeight, strideWidth] = [1, 1],
    top = 0,
    left = 0,
    turned = false,
    filterEach = false,
  }: DirectConv2d,
): void {
  const [batch, height, width, inputs] = inShape as [number, number, number, number]
  const [, outHeight, outWidth, outputs] = outShape as [number, number, number, number]
  const taps = filterHeight * filterWidth
  const panels = Math.ceil(outputs / 8) * (filterEach ? batch : 1)
  const panelFloats = 8 * (taps * inputs + 1)
  const filterStep = filterEach ? 4 * panelFloats * Math.ceil(outputs / 8) : 0
  const rows = bandRows(backend, batch, outHeight, outWidth)
  const seenRows = (rows - 1) * strideHeight + filterHeight
  const frame = seenRows * ((outWidth - 1) * strideWidth + filterWidth) * inputs
  withScratch(backend, panelFloats * panels, 1, packed => {
    const packing = { units: panels, operations: panelFloats * panels }
    runUnits(backend, 'packFilter', packing, [filter, bias, packed, taps, inputs, outputs, turned])
    const units = batch * Math.ceil(outHeight / rows)
    const operations = batch * outHeight * outWidth * outputs * taps * inputs
    withScratch(backend, rows * outWidth + 8 + frame, threadsOf(backend), (scratch, step) => {
      const places = [x, packed, filterStep, y, scratch, step]
      const sizes = [height, width, inputs, outHeight, outWidth, outputs, filterHeight, filterWidth]
      const moves = [strideHeight, strideWidth, top, left, rows]
      runUnits(backend, 'conv2d', { units, operations }, [...places, ...sizes, ...moves])
    })
  })
}

/** Whether `convolve` can do it. */
export const isDirect = ({ dilationHeight, dilationWidth }: tf.backend_util.Conv2DInfo): boolean =>
  dilationHeight === 1 && dilationWidth === 1

/** The convolution that tfjs describes so. */
export function convolve(
  backend: WasmBackend,
  { x, filter, bias }: { x: tf.TensorInfo; filter: tf.TensorInfo; bias?: tf.TensorInfo },
  info: tf.backend_util.Conv2DInfo,
): tf.TensorInfo {
  const y = backend.makeOutput(info.outShape, 'float32')
  directConv2d(backend, {
    x: addressOf(backend, x),
    filter: addressOf(backend, filter),
    bias: bias && addressOf(backend, bias),
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
