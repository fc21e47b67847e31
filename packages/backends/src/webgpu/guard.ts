import { NumericError } from '@rectified-flow/core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { checkBuffers, exhausted } from './checked-buffers.js'
import { Arena } from './commands/arena.js'
import { writesOf } from './in-place.js'

/**
 * Make a GPU's failures throw. WebGPU reports bad shaders, exhausted memory and a lost device through events, and tfjs then
 * returns zeros. Here the first failure is kept, and every later read of a result throws it.
 *
 * @returns        tells whether there was a failure
 * @throws (from reads) NumericError 'device-lost', or 'gpu-error' for validation errors and exhausted memory
 */
export function guard(backend: WebGPUBackend, device: GPUDevice, use: string): { failed: () => boolean } {
  let failure: NumericError | null = null
  const fail = (code: 'device-lost' | 'gpu-error', message: string): NumericError => {
    failure ??= new NumericError(code, message)
    return failure
  }

  const inUse = () => backend.memory().numBytesAllocatedInGPU + Arena.of(device).bytes
  const asked = checkBuffers(device, inUse)
  device.addEventListener('uncapturederror', event => {
    event.preventDefault() // don't print the error: the next read throws it
    const { error } = event as GPUUncapturedErrorEvent
    const what =
      error.constructor.name === 'GPUOutOfMemoryError'
        ? `${exhausted(asked, inUse())} (${error.message})`
        : `a command was refused: ${error.message}`
    fail('gpu-error', `backends.useBackend: webgpu: ${what}`)
  })
  void device.lost.then(({ message }) => {
    fail(
      'device-lost',
      `backends.useBackend: the GPU was lost: ${message} Call useBackend('${use}') for a new one.`,
    )
  })

  const { read } = backend
  backend.read = async dataId => {
    if (failure) throw failure
    const written = writesOf(dataId)
    const values = await read.call(backend, dataId).catch(async (cause: Error) => {
      await Promise.race([device.lost, new Promise(resolve => setTimeout(resolve, 100))])
      throw (
        failure ??
        fail('gpu-error', `backends.useBackend: webgpu: a result could not be read: ${cause.message}`)
      )
    })
    if (failure) throw failure
    // tfjs keeps the numbers that it read. If a kernel wrote the tensor in the meantime, they are outdated.
    if (writesOf(dataId) !== written && backend.tensorMap.has(dataId))
      backend.tensorMap.get(dataId).values = null!
    return values
  }
  return { failed: () => failure !== null }
}
