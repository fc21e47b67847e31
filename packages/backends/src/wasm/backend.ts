import type * as tf from '@tensorflow/tfjs-core'
import type { Kernel, Replacement } from '../kernels/register-kernels.js'
import type { StockName } from '../kernels/stock-table.js'
import type { KernelName } from '../kernels/table.js'

/** A tensor's data: its number in tfjs's module, and where it is. */
export interface Placed {
  id: number
  memoryOffset: number
  shape: number[]
  dtype: tf.DataType
  refCount: number
}

/** The part of tfjs's wasm backend that this package uses. */
export interface WasmBackend {
  wasm: {
    HEAPU8: Uint8Array
    asm: { memory: WebAssembly.Memory; malloc(bytes: number): number; free(address: number): void }
    _malloc(bytes: number): number
    _free(address: number): void
    /** Its functions, under their names. */
    [func: `_${string}`]: (...numbers: number[]) => unknown
    cwrap(name: string, result: null, args: string[]): (...args: unknown[]) => void
    tfjs: {
      registerTensor(id: number, size: number, offset: number): void
      disposeData(id: number): void
    }
  }
  dataIdNextNumber: number
  dataIdMap: {
    has(dataId: object): boolean
    get(dataId: object): Placed
    set(dataId: object, placed: Placed): void
    delete(dataId: object): boolean
  }
  write(values: ArrayBufferView | null, shape: number[], dtype: tf.DataType): object
  makeOutput(
    shape: number[],
    dtype: tf.DataType,
    memoryOffset?: number,
    values?: ArrayBufferView,
  ): tf.TensorInfo
  read(dataId: object): Promise<ArrayBufferView>
  readSync(dataId: object): ArrayBufferView
  typedArrayFromHeap(tensor: tf.TensorInfo): ArrayBufferView
  refCount(dataId: object): number
  incRef(dataId: object): void
  disposeData(dataId: object): boolean
}

export type WasmKernel<Name extends KernelName> = Kernel<Name, WasmBackend>
export type WasmReplacement<Name extends StockName> = Replacement<Name, WasmBackend>
