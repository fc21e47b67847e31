import * as tf from '@tensorflow/tfjs-core'
import { inOrder } from './output-order.js'
import { registryName } from './run-kernel.js'
import { named } from './running-kernel.js'
import type { StockName, StockTable } from './stock-table.js'
import type { Attrs, Inputs, KernelName, Outputs } from './table.js'
import { isMarked, mark } from './version-mark.js'

/** A kernel of this package on one backend. It borrows its inputs and returns new tensors, by name. */
export type Kernel<Name extends KernelName, Backend> = (args: {
  inputs: Inputs<Name>
  attrs: Attrs<Name>
  backend: Backend
}) => Outputs<Name> extends readonly tf.Tensor[]
  ? readonly tf.TensorInfo[]
  : { [Output in keyof Outputs<Name>]: tf.TensorInfo }

/** A kernel of tfjs on one backend. */
export type StockKernel<Name extends StockName, Backend> = (args: {
  inputs: StockTable[Name]['inputs']
  attrs: StockTable[Name]['attrs']
  backend: Backend
}) => tf.TensorInfo | tf.TensorInfo[]

/** Makes the kernel that replaces a stock kernel, and may call it. `stock` is undefined if the backend has none. */
export type Replacement<Name extends StockName, Backend> = (
  stock: StockKernel<Name, Backend>,
) => StockKernel<Name, Backend>

/** The list in a backend's `kernels/index.ts`. */
export type Kernels<Backend> = { [Name in KernelName]?: Kernel<Name, Backend> }
export type Replacements<Backend> = { [Name in StockName]?: Replacement<Name, Backend> }

/**
 * Register a backend's kernels, once. tfjs's registry is global, so another copy of this package may have registered them
 * already; it has the same version (see version-mark.ts).
 */
export function registerKernels<Backend>(
  backendName: string,
  kernels: Kernels<Backend>,
  replacements: Replacements<Backend>,
): void {
  if (tf.getKernelsForBackend(backendName).some(isMarked)) return
  for (const [name, kernel] of Object.entries(kernels))
    addKernel(backendName, name as KernelName, kernel as Kernel<KernelName, Backend>)
  for (const [name, replacement] of Object.entries(replacements))
    replaceKernel(backendName, name as StockName, replacement as Replacement<StockName, Backend>)
}

/** Register a kernel of this package. */
export function addKernel<Name extends KernelName, Backend>(
  backendName: string,
  name: Name,
  kernel: Kernel<Name, Backend>,
): void {
  const kernelFunc = (args: Parameters<typeof kernel>[0]) =>
    inOrder(name, named(name, () => kernel(args)) as Record<string, tf.TensorInfo> | tf.TensorInfo[])
  put({ kernelName: registryName(name), backendName, kernelFunc: kernelFunc as unknown as tf.KernelFunc })
}

function replaceKernel<Name extends StockName, Backend>(
  backendName: string,
  kernelName: Name,
  replacement: Replacement<Name, Backend>,
): void {
  const stock = tf.getKernel(kernelName, backendName) as tf.KernelConfig | undefined
  if (stock) tf.unregisterKernel(kernelName, backendName)
  const kernel = replacement(stock?.kernelFunc as unknown as StockKernel<Name, Backend>)
  // Keep the stock kernel's setup function: it binds the stock kernel to WebAssembly when the backend starts.
  const kernelFunc = (args: Parameters<typeof kernel>[0]) => named(kernelName, () => kernel(args))
  put({ ...stock, kernelName, backendName, kernelFunc: kernelFunc as unknown as tf.KernelFunc })
}

function put(config: tf.KernelConfig): void {
  tf.registerKernel({ ...config, ...mark } as tf.KernelConfig)
}
