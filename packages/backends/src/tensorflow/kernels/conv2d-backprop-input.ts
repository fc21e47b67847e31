import { convAttrs } from '../conv-attrs.js'
import { composedFor } from '../kernel.js'

/** tfjs-node's own kernel takes only the paddings 'same' and 'valid'. */
export const conv2dBackpropInput = composedFor<'Conv2DBackpropInput'>(
  (_, { dataFormat }) => dataFormat === 'NHWC',
  (ops, { dy, filter }, attrs) => {
    const inputs = [ops.integers(attrs.inputShape), ops.of(filter), ops.of(dy)]
    return ops.run('Conv2DBackpropInput', inputs, convAttrs(attrs.inputShape, filter.shape, attrs))
  },
)
