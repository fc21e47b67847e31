import * as tf from '@tensorflow/tfjs-core'

/** True where the active backend has a kernel of its own for one of this folder's operations. */
export function hasKernel(kernelName: string): boolean {
  return tf.getKernel(kernelName, tf.getBackend()) !== undefined
}

/** Run a kernel of ours: inputs by name, numbers in attrs. Its gradient is registered with it. */
export function runKernel<Output extends tf.Tensor | tf.Tensor[]>(
  kernelName: string,
  inputs: Record<string, tf.Tensor>,
  attrs: object,
): Output {
  return tf.engine().runKernel(kernelName, inputs, attrs as tf.NamedAttrMap) as Output
}
