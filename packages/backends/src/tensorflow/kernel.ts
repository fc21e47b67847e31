import type { Kernel, Replacement, StockKernel } from '../kernels/register-kernels.js'
import type { StockName, StockTable } from '../kernels/stock-table.js'
import type { Attrs, Inputs, KernelName, Outputs } from '../kernels/table.js'
import { type Eager, evaluate, type TensorflowBackend, type Value } from './eager.js'

export type TensorflowKernel<Name extends KernelName> = Kernel<Name, TensorflowBackend>
export type TensorflowReplacement<Name extends StockName> = Replacement<Name, TensorflowBackend>

/** A kernel made of TensorFlow's operations. */
export function composed<Name extends KernelName>(
  body: (ops: Eager, inputs: Inputs<Name>, attrs: Attrs<Name>) => { [Output in keyof Outputs<Name>]: Value },
): TensorflowKernel<Name> {
  return ({ inputs, attrs, backend }) => {
    let names: string[] = []
    const tensors = evaluate(backend, ops => {
      const values = body(ops, inputs, attrs)
      names = Object.keys(values)
      return Object.values<Value>(values)
    })
    const named = Object.fromEntries(names.map((name, i) => [name, tensors[i]]))
    return named as unknown as ReturnType<TensorflowKernel<Name>>
  }
}

/** A kernel made of TensorFlow's operations that replaces a stock kernel, for the attributes that `takes` accepts. */
export function composedFor<Name extends StockName>(
  takes: (attrs: StockTable[Name]['attrs']) => boolean,
  body: (ops: Eager, inputs: StockTable[Name]['inputs'], attrs: StockTable[Name]['attrs']) => Value,
): TensorflowReplacement<Name> {
  return (stock: StockKernel<Name, TensorflowBackend>) => args => {
    const { inputs, attrs, backend } = args
    if (!takes(attrs)) return stock(args)
    return evaluate(backend, ops => [body(ops, inputs, attrs)])[0]!
  }
}
