import type * as tf from '@tensorflow/tfjs-core'
import type { Kernel, Replacement } from '../kernels/register-kernels.js'
import type { StockName } from '../kernels/stock-table.js'
import type { KernelName } from '../kernels/table.js'

/** Where a tensor's numbers are: on the device, on the host, or on both. */
interface TensorData {
  resource?: GPUBuffer
  values: Float32Array | null
}

/** What the kernels here use of tfjs's WebGPU backend, some of it private there. */
export interface WebgpuBackend {
  device: GPUDevice
  tensorMap: { get(dataId: object): TensorData }
  bufferManager: { acquireBuffer(bytes: number, usage: GPUBufferUsageFlags): GPUBuffer }
  /** What was encoded since the last submission, and in it the tensors that may not be freed until the next. */
  commandEncoder: GPUCommandEncoder | null
  computePassEncoder: GPUComputePassEncoder | null
  dispatchCountInPass: number
  commandQueueOwnedIds: WeakSet<object>
  /** Buffers to be freed after the next submission. */
  uniformPendingDisposal: GPUBuffer[]
  ensureCommandEncoderReady(): void
  endComputePassEncoder(): void
  submitQueue(): void
  makeTensorInfo(shape: readonly number[], dtype: tf.DataType): tf.TensorInfo
  /** Give a tensor its buffer, with its numbers where the host has them. */
  uploadToGPU(dataId: object): void
  refCount(dataId: object): number
  incRef(dataId: object): void
  disposeData(dataId: object): boolean
}

export type WebgpuKernel<Name extends KernelName> = Kernel<Name, WebgpuBackend>
export type WebgpuReplacement<Name extends StockName> = Replacement<Name, WebgpuBackend>
