import type * as tf from '@tensorflow/tfjs-core'
import type { Kernel, Replacement, StockKernel } from '../kernels/register-kernels.js'
import type { StockName, StockTable } from '../kernels/stock-table.js'
import type { Attrs, Inputs, KernelName, Outputs } from '../kernels/table.js'
import { type Eager, evaluate, type TensorflowBackend, type Value, type Values } from './eager.js'

export type TensorflowKernel<Name extends KernelName> = Kernel<Name, TensorflowBackend>
export type TensorflowReplacement<Name extends StockName> = Replacement<Name, TensorflowBackend>

type KernelValues<Name extends KernelName> =
  Outputs<Name> extends readonly tf.Tensor[] ? readonly Value[] : { [Output in keyof Outputs<Name>]: Value }

/** A kernel made of TensorFlow's operations. */
export function composed<Name extends KernelName>(
  body: (ops: Eager, inputs: Inputs<Name>, attrs: Attrs<Name>) => KernelValues<Name>,
): TensorflowKernel<Name> {
  return ({ inputs, attrs, backend }) => {
    const given = Object.entries(inputs as Record<string, tf.Tensor | undefined>).filter(
      ([, tensor]) => tensor,
    )
    const run = {
      body,
      key: JSON.stringify([attrs, Array.isArray(inputs) || given.map(([name]) => name)]),
      inputs: backend.getInputTensorIds(given.map(([, tensor]) => tensor as tf.Tensor)),
    }
    const tensors = evaluate(backend, ops => body(ops, inputs, attrs) as Values, run)
    return tensors as unknown as ReturnType<TensorflowKernel<Name>>
  }
}

/** A kernel made of TensorFlow's operations that replaces another, for the inputs and attributes that `takes` accepts. */
export function composedFor<Name extends StockName>(
  takes: (inputs: StockTable[Name]['inputs'], attrs: StockTable[Name]['attrs']) => boolean,
  body: (ops: Eager, inputs: StockTable[Name]['inputs'], attrs: StockTable[Name]['attrs']) => Value,
): TensorflowReplacement<Name> {
  return (stock: StockKernel<Name, TensorflowBackend>) => args => {
    const { inputs, attrs, backend } = args
    if (!takes(inputs, attrs)) return stock(args)
    return evaluate(backend, ops => ({ y: body(ops, inputs, attrs) })).y
  }
}

/** A kernel that is the first one for the inputs and attributes that `takes` accepts, and otherwise the second one. */
export function either<Name extends KernelName>(
  takes: (inputs: Inputs<Name>, attrs: Attrs<Name>) => boolean,
  first: TensorflowKernel<Name>,
  second: TensorflowKernel<Name>,
): TensorflowKernel<Name> {
  return args => (takes(args.inputs, args.attrs) ? first : second)(args)
}
