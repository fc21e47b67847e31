import type { ConvAttrs, Inputs } from '../../kernels/table.js'
import { convAttrs } from '../conv-attrs.js'
import type { Eager, Value } from '../eager.js'
import { composed } from '../kernel.js'
import { ONEDNN, oneDnnOf } from '../onednn.js'

export const conv2dBias = composed<'Conv2dBias'>((ops, inputs, attrs) => ({ y: biased(ops, inputs, attrs) }))

export const conv2dSkip = composed<'Conv2dSkip'>((ops, inputs, { scale, ...attrs }) => {
  const sum = ops.add(biased(ops, inputs, attrs), ops.of(inputs.skip))
  return { y: scale === 1 ? sum : ops.mul(sum, ops.number(scale)) }
})

/** A convolution with bias, as one operation if oneDNN has it. */
function biased(ops: Eager, { x, filter, bias }: Inputs<'Conv2dBias'>, attrs: ConvAttrs): Value {
  const given = convAttrs(x.shape, filter.shape, attrs)
  const inputs = [ops.of(x), ops.of(filter)]
  const { withBias } = oneDnnOf(ops.backend)
  if (withBias) return ops.run(withBias, [...inputs, ops.of(bias)], { ...given, ...ONEDNN })
  return ops.run('BiasAdd', [ops.run('Conv2D', inputs, given), ops.of(bias)])
}
