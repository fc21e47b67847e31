import { evaluate } from '../eager.js'
import type { TensorflowReplacement } from '../kernel.js'

/** The slope of relu. tfjs-node's own kernel makes tensors of zeros and ones on the host. */
export const step: TensorflowReplacement<'Step'> = stock => args => {
  const { inputs, attrs, backend } = args
  if (attrs.alpha !== 0 || inputs.x.dtype !== 'float32') return stock(args)
  return evaluate(backend, ops => ({
    y: ops.run('Maximum', [ops.run('Sign', [ops.of(inputs.x)]), ops.number(0)]),
  })).y
}
