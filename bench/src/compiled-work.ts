import { compile } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import type { Work } from './case.js'

/** A case that runs as a compiled function, as users would run it, on tensors that are freed at its end. */
export function compiledWork(run: () => tf.Tensor[], tensors: readonly tf.Tensor[]): Work {
  const compiled = compile(run)
  return {
    run: compiled,
    close() {
      tf.dispose([...tensors])
      compiled.dispose()
    },
  }
}
