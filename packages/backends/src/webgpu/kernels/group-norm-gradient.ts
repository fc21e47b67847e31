import type * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend, WebgpuKernel } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { CHANNELS, modulationText, slopesText } from '../group-norm-gradient-text.js'
import { type NormShape, normShape } from '../group-norm-text.js'
import { sumParts } from '../sum-parts.js'

/** Storage buffers that the shader of a modulated norm's gradient binds with the saved mean and rstd. */
const BUFFERS = 10

/**
 * The gradients of group normalisation. With u the unit numbers, z the slope of what gamma, beta and the modulation make of
 * them (through silu where it is), and f what u is multiplied by:
 *
 *   dx = rstd (z f - mean(z f) - u mean(z f u)),   means over the group
 *
 * One dispatch gives dx and, for each sample and channel, the sums of z u and z over pixels. Their sums over the samples are
 * the gradients of gamma and beta.
 */
export const groupNormGradient: WebgpuKernel<'GroupNormGradient'> = ({ inputs, attrs, backend }) => {
  const { dy, x, gamma, beta, scale, shift, mean, rstd } = inputs
  const norm = normShape(inputs, attrs)
  if (!scale || !shift) {
    const { dx, sums } = slopes(backend, norm, { dy, x, gamma, beta, mean, rstd })
    return { x: dx, ...overSamples(backend, norm, sums) }
  }
  const saved = backend.device.limits.maxStorageBuffersPerShaderStage >= BUFFERS
  const read = { dy, x, gamma, beta, scale, shift, ...(saved && { mean, rstd }) }
  const { dx, sums } = slopes(backend, norm, read)
  const make = ({ shape }: tf.TensorInfo) => backend.makeTensorInfo(shape, 'float32')
  const others = { gamma: make(gamma), beta: make(beta), scale: make(scale), shift: make(shift) }
  dispatch(backend, {
    shader: modulationText(...(scale.shape as [number, number])),
    read: [sums, gamma, beta, scale],
    write: Object.values(others),
    workgroups: [Math.ceil(gamma.size / CHANNELS)],
  })
  backend.disposeData(sums.dataId)
  return { x: dx, ...others }
}

/** The gradient of an offset is the sum of dx over pixels. */
export const groupNormOffsetGradient: WebgpuKernel<'GroupNormOffsetGradient'> = args => {
  const { inputs, attrs, backend } = args
  const { dy, x, gamma, beta, lines } = inputs
  const [b, , , c] = x.shape
  const norm = normShape({ x }, attrs, { moved: true })
  const offset = backend.makeTensorInfo([b, c], 'float32')
  const { dx, sums } = slopes(backend, norm, { dy, x, gamma, beta, lines }, { doffset: offset })
  return { x: dx, ...overSamples(backend, norm, sums), offset }
}

function slopes(
  backend: WebgpuBackend,
  norm: NormShape,
  read: Record<string, tf.TensorInfo>,
  more: Record<string, tf.TensorInfo> = {},
): { dx: tf.TensorInfo; sums: tf.TensorInfo } {
  const [b, , , c] = norm.shape as [number, number, number, number]
  const dx = backend.makeTensorInfo(norm.shape, 'float32')
  const sums = backend.makeTensorInfo([2, b, c], 'float32')
  const write = { dx, sums, ...more }
  dispatch(backend, {
    shader: slopesText(norm, Object.keys(read), Object.keys(write)),
    read: Object.values(read),
    write: Object.values(write),
    workgroups: [norm.attrs.groups, b],
  })
  return { dx, sums }
}

function overSamples(backend: WebgpuBackend, { shape }: NormShape, sums: tf.TensorInfo) {
  const [b, , , c] = shape as [number, number, number, number]
  const [gamma, beta] = [backend.makeTensorInfo([c], 'float32'), backend.makeTensorInfo([c], 'float32')]
  const totals = [
    { tensor: gamma, start: 0 },
    { tensor: beta, start: b * c },
  ]
  sumParts(backend, { parts: sums, count: b, stride: c, totals })
  return { gamma, beta }
}
