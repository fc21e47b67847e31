import type * as tf from '@tensorflow/tfjs-core'

/** What a compiled function is: a TensorFlow graph. */
export type CompiledForm = 'graph'

export function compiledForm(_backend: tf.KernelBackend): CompiledForm | null {
  return null
}
