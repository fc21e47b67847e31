import { convAttrs } from '../conv-attrs.js'
import { composed } from '../kernel.js'
import { ONEDNN, oneDnnOf } from '../onednn.js'

/** A convolution with bias, as one operation if oneDNN has it. */
export const conv2dBias = composed<'Conv2dBias'>((ops, { x, filter, bias }, attrs) => {
  const given = convAttrs(x.shape, filter.shape, attrs)
  const inputs = [ops.of(x), ops.of(filter)]
  const { withBias } = oneDnnOf(ops.backend)
  if (withBias) return { y: ops.run(withBias, [...inputs, ops.of(bias)], { ...given, ...ONEDNN }) }
  return { y: ops.run('BiasAdd', [ops.run('Conv2D', inputs, given), ops.of(bias)]) }
})
