import type * as tf from '@tensorflow/tfjs-core'
import type { WasmKernel } from '../backend.js'
import { addressOf, makeZeros, runUnits, threadsOf, withScratch } from '../simd.js'
import { groupsTogether } from './group-norm.js'

export const groupNormGradient: WasmKernel<'GroupNormGradient'> = ({ inputs, attrs, backend }) => {
  const { x, dy, gamma, beta, scale, shift, mean, rstd } = inputs
  const [b, h, w, c] = x.shape
  const dx = backend.makeOutput(x.shape, 'float32')
  const [dgamma, dbeta] = [makeZeros(backend, [c]), makeZeros(backend, [c])]
  const modulation = scale && {
    scale: backend.makeOutput([b, c], 'float32'),
    shift: backend.makeOutput([b, c], 'float32'),
  }
  const together = groupsTogether(c / attrs.groups)
  const at = (tensor?: tf.TensorInfo) => (tensor ? addressOf(backend, tensor) : 0)
  withScratch(backend, b * c, 2, (dgammas, apart) => {
    const dbetas = dgammas + apart
    withScratch(backend, 16 + 7 * c, threadsOf(backend), (scratch, step) => {
      const inward = [x, dy, gamma, beta, scale, shift, mean, rstd, dx].map(at)
      const outward = [dgammas, dbetas, at(modulation?.scale), at(modulation?.shift), scratch, step]
      const rest = [h * w, c, attrs.groups, together, attrs.activate]
      const work = { units: b * Math.ceil(attrs.groups / together), operations: 32 * x.size }
      runUnits(backend, 'groupNormGradient', work, [...inward, ...outward, ...rest])
    })
    const work = { units: Math.ceil(c / 16), operations: b * c }
    runUnits(backend, 'sumMiddle', work, [dgammas, at(dgamma), b, c])
    runUnits(backend, 'sumMiddle', work, [dbetas, at(dbeta), b, c])
  })
  return { x: dx, gamma: dgamma, beta: dbeta, ...modulation }
}
