import * as tf from '@tensorflow/tfjs-core'
import { type Eager, evaluate, type TensorflowBackend, type Value } from './eager.js'

/** What a kernel computes, out of TensorFlow's operations; it borrows its inputs. */
export type Body<Inputs, Attrs> = (ops: Eager, inputs: Inputs, attrs: Attrs) => readonly Value[]

/** Register a kernel that tfjs-node's backend lacks. */
export function addKernel<Inputs, Attrs>(kernelName: string, body: Body<Inputs, Attrs>): void {
  tf.registerKernel({ kernelName, backendName: 'tensorflow', kernelFunc: kernelOf(body) })
}

/** Put another kernel in the place of the stock one, for those attributes that it takes. */
export function replaceKernel<Inputs, Attrs>(
  kernelName: string,
  body: Body<Inputs, Attrs>,
  takes: (attrs: Attrs) => boolean,
): void {
  const stock = tf.getKernel(kernelName, 'tensorflow')
  const ours = kernelOf(body)
  tf.unregisterKernel(kernelName, 'tensorflow')
  tf.registerKernel({
    ...stock,
    kernelFunc: args => (takes(args.attrs as Attrs) ? ours : stock.kernelFunc)(args),
  })
}

function kernelOf<Inputs, Attrs>(body: Body<Inputs, Attrs>): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const outputs = evaluate(backend as TensorflowBackend, ops => body(ops, inputs as Inputs, attrs as Attrs))
    return outputs.length === 1 ? (outputs[0] as tf.Tensor) : outputs
  }
}
