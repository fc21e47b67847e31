import { convAttrs } from '../conv-attrs.js'
import { composedFor } from '../kernel.js'

/** tfjs-node's own kernel takes only the paddings 'same' and 'valid'. */
export const conv2dBackpropFilter = composedFor<'Conv2DBackpropFilter'>(
  (_, { dataFormat }) => dataFormat === 'NHWC',
  (ops, { x, dy }, attrs) => {
    const inputs = [ops.of(x), ops.integers(attrs.filterShape), ops.of(dy)]
    return ops.run('Conv2DBackpropFilter', inputs, convAttrs(x.shape, attrs.filterShape, attrs))
  },
)
