import { spread } from '../channel-means.js'
import type { Value } from '../eager.js'
import { composed } from '../kernel.js'
import { normalise } from './group-norm.js'
import { normSlopes } from './group-norm-gradient.js'

export const groupNormOffset = composed<'GroupNormOffset'>((ops, inputs, attrs) => {
  const [b, , , c] = inputs.x.shape
  const offset = ops.of(inputs.offset)
  const moved = ops.add(ops.of(inputs.x), ops.reshape(offset, [b, 1, 1, c]))
  const { y, mean, rstd } = normalise(ops, inputs, moved, attrs)
  const middle = ops.sub(spread(ops, mean, c), ops.reshape(offset, [b, 1, c]))
  const line = [middle, spread(ops, rstd, c)].map(value => ops.reshape(value, [b, c]))
  return { y, lines: ops.pack(line, 2) }
})

export const groupNormOffsetGradient = composed<'GroupNormOffsetGradient'>((ops, inputs, attrs) => {
  const [b, , , c] = inputs.x.shape
  const line = [0, 1].map(i => {
    const column = ops.run('Slice', [ops.of(inputs.lines), ops.integers([0, 0, i]), ops.integers([b, c, 1])])
    return ops.reshape(column, [b, 1, c])
  }) as [Value, Value]
  const slopes = normSlopes(ops, inputs, line, ops.of(inputs.dy), attrs)
  return { ...slopes, offset: ops.sum(slopes.x, [1, 2]) }
})
