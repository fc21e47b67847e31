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
  let [bytes, peak] = [0, 0]
  const create = device.createBuffer.bind(device)
  device.createBuffer = descriptor => {
    const buffer = create(descriptor)
    bytes += buffer.size
    peak = Math.max(peak, bytes)
    const destroy = buffer.destroy.bind(buffer)
    let alive = true
    buffer.destroy = () => {
      if (alive) bytes -= buffer.size
      alive = false
      destroy()
    }
    return buffer
  }
  return {
    read: () => ({ buffersMiB: Math.round(peak / 2 ** 20), deviceMiB: deviceMiB() }),
    reset() {
      peak = bytes
    },
  }
}
