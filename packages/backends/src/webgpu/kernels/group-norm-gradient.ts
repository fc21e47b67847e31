import type * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend, WebgpuKernel } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { CHANNELS, channelText, inputText, sumsOf } from '../group-norm-gradient-text.js'
import { type NormShape, normShape } from '../group-norm-text.js'

/** Storage buffers that the shader of a modulated norm's gradient binds with the saved mean and rstd. */
const BUFFERS = 10

/**
 * The gradients of group normalisation in two dispatches. With u the unit numbers, z the slope of what gamma, beta and the
 * modulation make of them (through silu where it is), and f what u is multiplied by:
 *
 *   dx = rstd (z f - mean(z f) - u mean(z f u)),   means over the group
 *
 * The first gives dx and, for each sample and channel, the sums of z and z u over pixels; the second makes of these the
 * gradients of gamma, beta, scale and shift. The gradient of an offset is the sum of dx over pixels.
 */
export const groupNormGradient: WebgpuKernel<'GroupNormGradient'> = ({ inputs, attrs, backend }) => {
  const { dy, x, gamma, beta, scale, shift, mean, rstd } = inputs
  const norm = normShape(inputs, attrs)
  const [b, , , c] = x.shape
  const saved = !norm.modulated || backend.device.limits.maxStorageBuffersPerShaderStage >= BUFFERS
  const read = {
    ...{ dy, x, gamma, beta },
    ...(scale && shift && { scale, shift }),
    ...(saved && { mean, rstd }),
  }
  const modulation = norm.modulated && {
    scale: backend.makeTensorInfo([b, c], 'float32'),
    shift: backend.makeTensorInfo([b, c], 'float32'),
  }
  return {
    ...slopes(backend, norm, read, scale ? [gamma, beta, scale] : [], modulation || {}),
    ...modulation,
  }
}

export const groupNormOffsetGradient: WebgpuKernel<'GroupNormOffsetGradient'> = args => {
  const { inputs, attrs, backend } = args
  const { dy, x, gamma, beta, centre, rstd } = inputs
  const [b, , , c] = x.shape
  const offset = backend.makeTensorInfo([b, c], 'float32')
  const norm = normShape({ x }, attrs, { moved: true })
  return { ...slopes(backend, norm, { dy, x, gamma, beta, centre, rstd }, [], { offset }), offset }
}

/** The gradients of x, gamma and beta; `perSample` are written too, for which `needed` is read. */
function slopes(
  backend: WebgpuBackend,
  norm: NormShape,
  read: Record<string, tf.TensorInfo>,
  needed: tf.TensorInfo[],
  perSample: Record<string, tf.TensorInfo>,
) {
  const [b, , , c] = norm.shape as [number, number, number, number]
  const make = (shape: readonly number[]) => backend.makeTensorInfo(shape, 'float32')
  const [x, gamma, beta, sums] = [make(norm.shape), make([c]), make([c]), make([b, c, sumsOf(norm)])]
  dispatch(backend, {
    shader: inputText(norm, Object.keys(read)),
    read: Object.values(read),
    write: [x, sums],
    workgroups: [norm.attrs.groups, b],
  })
  dispatch(backend, {
    shader: channelText(b, c, norm),
    read: [sums, ...needed],
    write: [gamma, beta, ...Object.values(perSample)],
    workgroups: [Math.ceil(c / CHANNELS)],
  })
  backend.disposeData(sums.dataId)
  return { x, gamma, beta }
}
