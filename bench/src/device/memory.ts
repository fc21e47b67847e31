import { countBuffers } from './count-buffers.js'
import { deviceMiB } from './nvidia-smi.js'

/** What a device holds. */
export interface Memory {
  /** MiB of all buffers at most since `reset`. */
  buffersMiB: number
  /** MiB of the whole device now, with the driver's and other processes' memory. */
  deviceMiB?: number
}

/** Count the buffers that a device makes from now on. */
export function watchMemory(device: GPUDevice): { read(): Memory; reset(): void } {
  const counted = countBuffers(device)
  return {
    read: () => ({ buffersMiB: Math.round(counted.peak / 2 ** 20), deviceMiB: deviceMiB() }),
    reset() {
      counted.peak = counted.bytes
    },
  }
}
