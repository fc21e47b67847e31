import * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend } from '../backend.js'
import { filterGradient } from './filter-gradient.js'
import { forward } from './forward.js'
import { inputGradient } from './input-gradient.js'
import { runProduct } from './run-product.js'

type Shape = [number, number, number, number]

type Attrs = Pick<tf.Conv2DAttrs, 'strides' | 'pad'> & Partial<Pick<tf.Conv2DAttrs, 'dimRoundingMode'>>

const infoOf = (x: Shape, filter: Shape, { strides, pad, dimRoundingMode }: Attrs) =>
  tf.backend_util.computeConv2DInfo(x, filter, strides, 1, pad, dimRoundingMode)

const keyOf = (kind: string, x: Shape, filter: Shape, { strides, pad, dimRoundingMode }: Attrs): string =>
  `${kind} [${x}] [${filter}] ${strides} ${pad} ${dimRoundingMode}`

interface Forward {
  x: tf.TensorInfo
  filter: tf.TensorInfo
  bias?: tf.TensorInfo
  skip?: tf.TensorInfo
}

/** scale (conv(x, filter) + bias + skip), NHWC. */
export function convolve(
  backend: WebgpuBackend,
  { x, filter, bias, skip }: Forward,
  attrs: Attrs & { scale?: number },
): tf.TensorInfo {
  const { scale = 1 } = attrs
  const shapes = [x.shape as Shape, filter.shape as Shape] as const
  const info = infoOf(...shapes, attrs)
  const y = backend.makeTensorInfo(info.outShape, 'float32')
  const epilogue = { bias: bias !== undefined, skip: skip !== undefined, scale }
  runProduct(
    backend,
    keyOf(`forward ${Object.values(epilogue)}`, ...shapes, attrs),
    () => forward(info, epilogue),
    { factors: [x, filter], added: [bias, skip].filter(tensor => tensor !== undefined), results: [y] },
  )
  return y
}

/** The gradient with respect to x. */
export function convolveInputGradient(
  backend: WebgpuBackend,
  { dy, filter }: Record<'dy' | 'filter', tf.TensorInfo>,
  attrs: Attrs & { inputShape: Shape },
): tf.TensorInfo {
  const shapes = [attrs.inputShape, filter.shape as Shape] as const
  const dx = backend.makeTensorInfo(attrs.inputShape, 'float32')
  runProduct(
    backend,
    keyOf('input gradient', ...shapes, attrs),
    () => inputGradient(infoOf(...shapes, attrs)),
    { factors: [dy, filter], added: [], results: [dx] },
  )
  return dx
}

/** The gradient with respect to the filter, and to the bias if its tensor is given. */
export function convolveFilterGradient(
  backend: WebgpuBackend,
  { x, dy }: Record<'x' | 'dy', tf.TensorInfo>,
  attrs: Attrs & { filterShape: Shape },
  bias?: tf.TensorInfo,
): tf.TensorInfo {
  const shapes = [x.shape as Shape, attrs.filterShape] as const
  const gradient = backend.makeTensorInfo(attrs.filterShape, 'float32')
  runProduct(
    backend,
    keyOf(`filter gradient ${bias !== undefined}`, ...shapes, attrs),
    () => filterGradient(infoOf(...shapes, attrs), { bias: bias !== undefined }),
    { factors: [x, dy], added: [], results: bias ? [gradient, bias] : [gradient] },
  )
  return gradient
}
