import * as tf from '@tensorflow/tfjs-core'
import { deviceMiB } from './nvidia-smi.js'

const MIB = 2 ** 20

/** MiB of the backend's tensors, of its buffers (it keeps free ones), and of the whole device. */
export function memory(): { tensorsMiB: number; buffersMiB: number; deviceMiB?: number } {
  const { numBytesInGPU, numBytesAllocatedInGPU } = tf.memory() as tf.MemoryInfo & {
    numBytesInGPU: number
    numBytesAllocatedInGPU: number
  }
  return {
    tensorsMiB: Math.round(numBytesInGPU / MIB),
    buffersMiB: Math.round(numBytesAllocatedInGPU / MIB),
    deviceMiB: deviceMiB(),
  }
}
