import { evaluate } from '../eager.js'
import type { TensorflowReplacement } from '../kernel.js'
import { ONEDNN, oneDnnOf } from '../onednn.js'

/** Softmax over the last axis, with the same bits in a graph and in eager calls. */
export const softmax: TensorflowReplacement<'Softmax'> = stock => args => {
  const { inputs, backend } = args
  const { softmax } = oneDnnOf(backend)
  if (!softmax) return stock(args)
  return evaluate(backend, ops => ({ y: ops.run(softmax, [ops.of(inputs.logits)], ONEDNN) })).y
}
