import * as tf from '@tensorflow/tfjs-core'
import { byName } from './output-order.js'
import type { Attrs, Inputs, KernelName, Outputs } from './table.js'

/** The name of this package's kernel in tfjs's registry. */
export const registryName = (name: KernelName): string => `Rf${name}`

/** True where the active backend has this kernel. */
export function hasKernel(name: KernelName): boolean {
  return tf.getKernel(registryName(name), tf.getBackend()) !== undefined
}

/** Run a kernel that the active backend has. */
export function runKernel<Name extends KernelName>(
  name: Name,
  inputs: Inputs<Name>,
  attrs: Attrs<Name>,
): Outputs<Name> {
  const outputs: tf.Tensor[] = tf
    .engine()
    .runKernel(
      registryName(name),
      inputs as unknown as tf.NamedTensorMap,
      attrs as unknown as tf.NamedAttrMap,
    )
  return byName(name, outputs)
}
