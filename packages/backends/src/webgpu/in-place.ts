import type * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend } from './backend.js'

const writes = new WeakMap<object, number>()

/** How often a tensor was written in place: a read that was on its way meanwhile got what was before. */
export const writesOf = (dataId: object): number => writes.get(dataId) ?? 0

/** A second tensor in the buffer of one that nothing else holds, for a kernel that is about to write it. */
export function inPlace(backend: WebgpuBackend, { dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
  backend.uploadToGPU(dataId)
  backend.tensorMap.get(dataId).values = null // what was read of it is outdated
  backend.incRef(dataId)
  writes.set(dataId, writesOf(dataId) + 1)
  return { dataId, shape, dtype }
}
