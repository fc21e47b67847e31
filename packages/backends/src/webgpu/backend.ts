import type * as tf from '@tensorflow/tfjs-core'
import type { Kernel, Replacement } from '../kernels/register-kernels.js'
import type { StockName } from '../kernels/stock-table.js'
import type { KernelName } from '../kernels/table.js'

type Values = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>

/** A tensor's numbers: on the device, on the host, or on both. */
interface TensorData {
  resource?: GPUBuffer
  values: Values | null
}

/** tfjs's pool of buffers. */
interface BufferManager {
  acquireBuffer(bytes: number, usage: GPUBufferUsageFlags, mapped?: boolean, reuse?: boolean): GPUBuffer
  releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void
}

/** The part of tfjs's WebGPU backend that this package uses. Some members are private there. */
export interface WebgpuBackend {
  device: GPUDevice
  tensorMap: { get(dataId: object): TensorData; has(dataId: object): boolean }
  bufferManager: BufferManager
  /** The commands since the last submission; below, `commandQueueOwnedIds` has the tensors that they still use. */
  commandEncoder: GPUCommandEncoder | null
  computePassEncoder: GPUComputePassEncoder | null
  dispatchCountInPass: number
  commandQueueOwnedIds: WeakSet<object>
  /** Present while tf.time or tf.profile measures. */
  activeTimers?: unknown[]
  /** Buffers to free after the next submission. */
  uniformPendingDisposal: GPUBuffer[]
  ensureCommandEncoderReady(): void
  endComputePassEncoder(): void
  submitQueue(): void
  makeTensorInfo(shape: readonly number[], dtype: tf.DataType): tf.TensorInfo
  /** A new tensor of numbers on the host, or of none yet. */
  write(values: Values | null, shape: readonly number[], dtype: tf.DataType): object
  read(dataId: object): Promise<Values>
  readSync(dataId: object): Values
  /** Give a tensor a buffer, and copy its numbers there if the host has them. */
  uploadToGPU(dataId: object): void
  numDataIds(): number
  refCount(dataId: object): number
  incRef(dataId: object): void
  disposeData(dataId: object, force?: boolean): boolean
  readToGPU(dataId: object, options?: tf.DataToGPUWebGLOption): tf.GPUData
}

export type WebgpuKernel<Name extends KernelName> = Kernel<Name, WebgpuBackend>
export type WebgpuReplacement<Name extends StockName> = Replacement<Name, WebgpuBackend>

/** A tensor's numbers as they are on the device: four bytes each. */
export const wordsOf = (values: Values): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> =>
  values instanceof Float32Array ? values : Int32Array.from(values)
