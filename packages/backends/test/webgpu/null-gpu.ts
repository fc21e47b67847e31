import { useBackend } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'

/** What the host gave the device since the last `reset`. */
export interface Traffic {
  dispatches: number
  /** Pieces of numbers that came from the host, uniforms too, and their bytes. */
  uploads: number
  uploadedBytes: number
}

export interface NullGpu {
  device: GPUDevice
  traffic: Traffic
  reset(): void
}

interface Dawn {
  create(flags: string[]): GPU
  globals: object
}

const pkg: string = 'webgpu' // not a literal import: the package is optional
const dawn = (await import(pkg).catch(() => undefined)) as Dawn | undefined

/** Dawn crashes when one is collected whose device is in use. */
const opened: GPU[] = []

/** Whether the package webgpu is there: `openNullGpu` needs it, and no driver. */
export const hasDawn = dawn !== undefined

/**
 * Make Dawn's null adapter the active backend, 'webgpu': it compiles and checks all that a GPU would, within a
 * browser's default limits, and computes nothing: all that is read is 0. What it refuses is thrown by the next read.
 * Call it in `beforeAll`.
 */
export async function openNullGpu(): Promise<NullGpu> {
  const { create, globals } = dawn!
  Object.assign(globalThis, globals)
  if (!globalThis.navigator) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true })
  const gpu = create(['backend=null', 'enable-dawn-features=allow_unsafe_apis'])
  opened.push(gpu)
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true })
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu') // else a device that is open stays
  await useBackend('webgpu')
  const backend = tf.backend() as unknown as { device: GPUDevice; read(id: object): Promise<Float32Array> }
  const { device } = backend
  const read = backend.read.bind(backend)
  // Not what was left in the memory: that may be NaN, and then a training step would leave out its update.
  backend.read = async id => (await read(id)).slice().fill(0)
  const traffic: Traffic = { dispatches: 0, uploads: 0, uploadedBytes: 0 }
  count(device, traffic)
  return {
    device,
    traffic,
    reset: () => Object.assign(traffic, { dispatches: 0, uploads: 0, uploadedBytes: 0 }),
  }
}

function count(device: GPUDevice, traffic: Traffic): void {
  const encode = device.createCommandEncoder.bind(device)
  device.createCommandEncoder = descriptor => {
    const encoder = encode(descriptor)
    const begin = encoder.beginComputePass.bind(encoder)
    encoder.beginComputePass = pass => {
      const made = begin(pass)
      const dispatch = made.dispatchWorkgroups.bind(made)
      made.dispatchWorkgroups = (...workgroups) => {
        traffic.dispatches++
        dispatch(...workgroups)
      }
      return made
    }
    return encoder
  }
  const write = device.queue.writeBuffer.bind(device.queue)
  device.queue.writeBuffer = ((buffer: GPUBuffer, offset: number, data: ArrayBuffer, ...part: number[]) => {
    traffic.uploads++
    traffic.uploadedBytes += part[1] ?? data.byteLength
    return write(buffer, offset, data, ...part)
  }) as GPUQueue['writeBuffer']
  const create = device.createBuffer.bind(device)
  device.createBuffer = descriptor => {
    if (descriptor.mappedAtCreation) {
      traffic.uploads++
      traffic.uploadedBytes += descriptor.size
    }
    return create(descriptor)
  }
}
