import type * as tf from '@tensorflow/tfjs-core'
import type { GroupNormAttrs, GroupNormInputs } from '../ops/kernel-inputs.js'
import { addKernel, type WasmBackend } from './backend.js'
import { addressOf, makeZeros, runUnits, threadsOf, withScratch } from './simd.js'

/** y, and each group's mean and 1/deviation [B,groups], which with x are all that the gradient needs. */
function forward({
  inputs,
  attrs,
  backend,
}: {
  inputs: GroupNormInputs
  attrs: GroupNormAttrs
  backend: WasmBackend
}) {
  const { x, gamma, beta, scale, shift } = inputs
  const [b, h, w, c] = x.shape
  const y = backend.makeOutput(x.shape, 'float32')
  const mean = backend.makeOutput([b, attrs.groups], 'float32')
  const rstd = backend.makeOutput([b, attrs.groups], 'float32')
  const at = (tensor?: tf.TensorInfo) => (tensor ? addressOf(backend, tensor) : 0)
  withScratch(backend, 4 * c, threadsOf(backend), (scratch, step) => {
    const places = [x, gamma, beta, scale, shift, y, mean, rstd].map(at)
    const rest = [h * w, c, attrs.groups, attrs.epsilon, attrs.activate]
    runUnits(backend, 'groupNorm', { units: b, operations: 8 * x.size }, [...places, scratch, step, ...rest])
  })
  return [y, mean, rstd]
}

interface GradientInputs extends GroupNormInputs {
  dy: tf.Tensor4D
  mean: tf.Tensor2D
  rstd: tf.Tensor2D
}

/** dx, dgamma, dbeta and, where there is modulation, dscale, dshift. */
function backward({
  inputs,
  attrs,
  backend,
}: {
  inputs: GradientInputs
  attrs: GroupNormAttrs
  backend: WasmBackend
}) {
  const { x, dy, gamma, beta, scale, shift, mean, rstd } = inputs
  const [b, h, w, c] = x.shape
  const dx = backend.makeOutput(x.shape, 'float32')
  const [dgamma, dbeta] = [makeZeros(backend, [c]), makeZeros(backend, [c])]
  const modulation = scale ? [0, 1].map(() => backend.makeOutput([b, c], 'float32')) : []
  const at = (tensor?: tf.TensorInfo) => (tensor ? addressOf(backend, tensor) : 0)
  withScratch(backend, b * c, 2, (dgammas, apart) => {
    const dbetas = dgammas + apart
    withScratch(backend, 7 * c, threadsOf(backend), (scratch, step) => {
      const inward = [x, dy, gamma, beta, scale, shift, mean, rstd, dx].map(at)
      const outward = [dgammas, dbetas, at(modulation[0]), at(modulation[1]), scratch, step]
      const rest = [h * w, c, attrs.groups, attrs.activate]
      const work = { units: b, operations: 16 * x.size }
      runUnits(backend, 'groupNormGradient', work, [...inward, ...outward, ...rest])
    })
    const work = { units: Math.ceil(c / 16), operations: b * c }
    runUnits(backend, 'sumMiddle', work, [dgammas, at(dgamma), b, c])
    runUnits(backend, 'sumMiddle', work, [dbetas, at(dbeta), b, c])
  })
  return [dx, dgamma, dbeta, ...modulation]
}

/** Group normalisation with its affine part, modulation and activation in one kernel, and so its gradient. */
export function registerGroupNorm(): void {
  addKernel('RfGroupNorm', forward)
  addKernel('RfGroupNormModulated', forward)
  addKernel('RfGroupNormGradient', backward)
}
