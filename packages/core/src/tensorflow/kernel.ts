import * as tf from '@tensorflow/tfjs-core'
import { type Eager, evaluate, type TensorflowBackend, type Value } from './eager.js'

/** Register a kernel made of TensorFlow's operations; `body` borrows its inputs. */
export function addKernel<Inputs, Attrs>(
  kernelName: string,
  body: (ops: Eager, inputs: Inputs, attrs: Attrs) => readonly Value[],
): void {
  tf.registerKernel({
    kernelName,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) =>
      evaluate(backend as TensorflowBackend, ops => body(ops, inputs as Inputs, attrs as Attrs)),
  })
}
