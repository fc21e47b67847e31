import { NumericError } from '@rectified-flow/core'

const MEGA = 2 ** 20
const inMega = (bytes: number) => `${(bytes / MEGA).toFixed(1)} MB`

/** What the device was asked for. */
export interface Asked {
  /** Bytes of the last buffer that was made. */
  last: number
}

/**
 * Refuse a buffer that the device can't bind, with the limit's name: WebGPU would report it later, through an event. The
 * returned object tells what was asked for last, for the error when memory is exhausted; a buffer with numbers of the host
 * throws that error at once.
 *
 * @param inUse  tells how many bytes are in use
 */
export function checkBuffers(device: GPUDevice, inUse: () => number): Asked {
  const asked: Asked = { last: 0 }
  const create = device.createBuffer.bind(device)
  device.createBuffer = descriptor => {
    const { size, usage } = descriptor
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits
    const isBound = (usage & GPUBufferUsage.STORAGE) !== 0 && maxStorageBufferBindingSize < maxBufferSize
    const limit = isBound ? 'maxStorageBufferBindingSize' : 'maxBufferSize'
    const most = device.limits[limit]
    if (size > most)
      throw new RangeError(
        `backends.useBackend: webgpu: a tensor must have at most the ${inMega(most)} of this device's ${limit}, got ` +
          `${inMega(size)}. Lower the batch, or use microBatches.`,
      )
    asked.last = size
    try {
      return create(descriptor)
    } catch (cause) {
      const why = `backends.useBackend: webgpu: ${exhausted(asked, inUse())} (${(cause as Error).message})`
      throw new NumericError('gpu-error', why)
    }
  }
  return asked
}

/** What to say when memory is exhausted. */
export const exhausted = ({ last }: Asked, inUse: number): string =>
  `out of memory: ${inMega(last)} were asked for beside the ${inMega(inUse)} in use. Lower the batch, or use microBatches.`
