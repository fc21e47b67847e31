import type * as tf from '@tensorflow/tfjs-core'
import type { Kernel, Replacement } from '../kernels/register-kernels.js'
import type { StockName } from '../kernels/stock-table.js'
import type { KernelName } from '../kernels/table.js'

/** The part of tfjs's wasm backend that this package uses. */
export interface WasmBackend {
  wasm: {
    HEAPU8: Uint8Array
    asm: { memory: WebAssembly.Memory }
    cwrap(name: string, result: null, args: string[]): (...args: unknown[]) => void
    tfjs: {
      registerTensor(id: number, size: number, offset: number): void
      disposeData(id: number): void
    }
  }
  dataIdNextNumber: number
  dataIdMap: { get(dataId: object): { id: number; memoryOffset: number; shape: number[] } }
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo
  incRef(dataId: object): void
  disposeData(dataId: object): boolean
}

export type WasmKernel<Name extends KernelName> = Kernel<Name, WasmBackend>
export type WasmReplacement<Name extends StockName> = Replacement<Name, WasmBackend>
