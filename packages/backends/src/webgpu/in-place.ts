import type * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend } from './backend.js'

const writes = new WeakMap<object, number>()

/** How often kernels have written the tensor in place. A read that began before such a write returns the old numbers. */
export const writesOf = (dataId: object): number => writes.get(dataId) ?? 0

/** A second tensor in the buffer of a tensor that nothing else holds, for a kernel that then writes it. */
export function inPlace(backend: WebgpuBackend, { dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
  backend.uploadToGPU(dataId)
  backend.tensorMap.get(dataId).values = null // numbers that were read before are outdated now
  backend.incRef(dataId)
  writes.set(dataId, writesOf(dataId) + 1)
  return { dataId, shape, dtype }
}
