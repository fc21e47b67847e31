import * as tf from '@tensorflow/tfjs-core'

/** What the kernels here use of tfjs's wasm backend. */
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

/** A kernel function as tfjs calls it; the tensors of `inputs` are borrowed. */
export type WasmKernel<Inputs, Attrs> = (args: {
  inputs: Inputs
  attrs: Attrs
  backend: WasmBackend
}) => tf.TensorInfo | tf.TensorInfo[]

/** Register a kernel that the wasm backend lacks. */
export function addKernel<Inputs, Attrs>(kernelName: string, kernel: WasmKernel<Inputs, Attrs>): void {
  tf.registerKernel({
    kernelName,
    backendName: 'wasm',
    kernelFunc: kernel as unknown as tf.KernelFunc,
  })
}

/** Put another kernel in the place of the stock one, which it may fall back to. */
export function replaceKernel<Inputs, Attrs>(
  kernelName: string,
  make: (stock: WasmKernel<Inputs, Attrs>) => WasmKernel<Inputs, Attrs>,
): void {
  const stock = tf.getKernel(kernelName, 'wasm')
  tf.unregisterKernel(kernelName, 'wasm')
  tf.registerKernel({
    ...stock, // with its setup, which binds the stock function when the backend starts
    kernelFunc: make(stock.kernelFunc as unknown as WasmKernel<Inputs, Attrs>) as unknown as tf.KernelFunc,
  })
}
