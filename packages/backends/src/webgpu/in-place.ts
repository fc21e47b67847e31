import type * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend } from './backend.js'
import { recordingOf } from './commands/recording.js'

const writes = new WeakMap<object, number>()

/** How often kernels have written the tensor in place. A read that began before such a write returns the old numbers. */
export const writesOf = (dataId: object): number => writes.get(dataId) ?? 0

/** A second tensor in the buffer of a tensor that nothing else holds, for a kernel that then writes it. */
export function inPlace(backend: WebgpuBackend, { dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
  backend.uploadToGPU(dataId)
  recordingOf(backend)?.writes(dataId)
  markWritten(backend, dataId)
  backend.incRef(dataId)
  return { dataId, shape, dtype }
}

/** Commands write the tensor: numbers that were read before are outdated now. */
export function markWritten(backend: WebgpuBackend, dataId: object): void {
  backend.tensorMap.get(dataId).values = null
  writes.set(dataId, writesOf(dataId) + 1)
}
