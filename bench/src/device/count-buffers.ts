/** Bytes of the buffers that exist, and the most of them at once. */
export interface Counted {
  bytes: number
  peak: number
}

/** Count the buffers that a device makes from now on, in the object that is returned. */
export function countBuffers(device: GPUDevice): Counted {
  const counted = { bytes: 0, peak: 0 }
  const create = device.createBuffer.bind(device)
  device.createBuffer = descriptor => {
    const buffer = create(descriptor)
    counted.bytes += descriptor.size
    counted.peak = Math.max(counted.peak, counted.bytes)
    const destroy = buffer.destroy.bind(buffer)
    let alive = true
    buffer.destroy = () => {
      if (alive) counted.bytes -= descriptor.size
      alive = false
      return destroy()
    }
    return buffer
  }
  return counted
}
