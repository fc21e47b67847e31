import { convAttrs } from '../conv-attrs.js'
import { composed } from '../kernel.js'

/**
 * From the same slope in both, a graph would make one operation of oneDNN's, which rounds differently and takes longer. So the
 * bias gets its slope in another shape.
 */
export const conv2dBiasGradient = composed<'Conv2dBiasGradient'>(
  (ops, { x, dy }, { filterShape, ...attrs }) => {
    const slope = ops.of(dy)
    const given = convAttrs(x.shape, filterShape, attrs)
    return {
      filter: ops.run('Conv2DBackpropFilter', [ops.of(x), ops.integers(filterShape), slope], given),
      bias: ops.run('BiasAddGrad', [ops.reshape(slope, [-1, filterShape[3]])]),
    }
  },
)
