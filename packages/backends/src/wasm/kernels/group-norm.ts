import type * as tf from '@tensorflow/tfjs-core'
import type { Modulation } from '../../kernels/table.js'
import type { WasmKernel } from '../backend.js'
import { addressOf, runUnits, threadsOf, withScratch } from '../simd.js'

/** How many groups of a sample are a unit of work: at least 16 channels, a cache line of each pixel. */
export const groupsTogether = (groupChannels: number): number => Math.ceil(16 / groupChannels)

/** Group normalisation with its affine part, modulation and activation in one pass over memory. */
export const groupNorm: WasmKernel<'GroupNorm'> = ({ inputs, attrs, backend }) => {
  const { x, gamma, beta, scale, shift }: typeof inputs & Partial<Modulation> = inputs
  const [b, h, w, c] = x.shape
  const y = backend.makeOutput(x.shape, 'float32')
  const mean = backend.makeOutput([b, attrs.groups], 'float32')
  const rstd = backend.makeOutput([b, attrs.groups], 'float32')
  const at = (tensor?: tf.TensorInfo) => (tensor ? addressOf(backend, tensor) : 0)
  const together = groupsTogether(c / attrs.groups)
  withScratch(backend, 16 + 4 * c, threadsOf(backend), (scratch, step) => {
    const places = [x, gamma, beta, scale, shift, y, mean, rstd].map(at)
    const rest = [h * w, c, attrs.groups, together, attrs.epsilon, attrs.activate]
    const work = { units: b * Math.ceil(attrs.groups / together), operations: 16 * x.size }
    runUnits(backend, 'groupNorm', work, [...places, scratch, step, ...rest])
  })
  return { y, mean, rstd }
}
