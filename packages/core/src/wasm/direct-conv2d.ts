import type * as tf from '@tensorflow/tfjs-core'
import type { WasmBackend } from './backend.js'
import { addressOf, simdOf, withScratch } from './simd.js'

interface DirectConv2d {
  x: tf.Tensor4D
  /** [h,w,I,O]; where it is turned, [h,w,O,I] of the convolution whose input gradient this is. */
  filter: tf.Tensor4D
  bias?: tf.Tensor1D
  /** [B,H',W',O] */
  outShape: readonly number[]
  /** Rows and columns of padding before the image. */
  top: number
  left: number
  turned?: boolean
}

/**
 * Whether the direct kernel is the faster one. It packs the filter at every call, XNNPACK once for each filter; beside
 * the work on a thousand pixels that is nothing, and there it takes 3/4 of XNNPACK's time. Both add up in the same order
 * and give the same bits.
 */
export function isDirect(info: tf.backend_util.Conv2DInfo): boolean {
  const { strideHeight, strideWidth, dilationHeight, dilationWidth } = info
  const plain = strideHeight === 1 && strideWidth === 1 && dilationHeight === 1 && dilationWidth === 1
  return plain && info.batchSize * info.outHeight * info.outWidth >= 1024
}

/** Convolution of stride 1 from NHWC to NHWC. */
export function directConv2d(
  backend: WasmBackend,
  { x, filter, bias, outShape, top, left, turned = false }: DirectConv2d,
): tf.TensorInfo {
  const [b, height, width, inputs] = x.shape
  const [, outHeight, outWidth, outputs] = outShape as [number, number, number, number]
  const [h, w] = filter.shape
  const y = backend.makeOutput([...outShape], 'float32')
  const frame = (outHeight + h - 1) * (outWidth + w + 2) * inputs
  const packed = (h * w * inputs + 1) * 8 * Math.ceil(outputs / 8)
  withScratch(backend, frame + packed, scratch =>
    simdOf(backend).conv2d(
      addressOf(backend, x),
      addressOf(backend, filter),
      bias ? addressOf(backend, bias) : 0,
      addressOf(backend, y),
      scratch,
      b,
      height,
      width,
      inputs,
      outHeight,
      outWidth,
      outputs,
      h,
      w,
      top,
      left,
      turned,
    ),
  )
  return y
}
