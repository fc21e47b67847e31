import type { Modulation, NormAttrs, NormInputs } from '../../kernels/table.js'
import { groupMean, pixelMean, spread } from '../channel-means.js'
import type { Eager, Value } from '../eager.js'
import { composed } from '../kernel.js'
import { affine } from './group-norm.js'
import { activationSlope } from './silu.js'

export const groupNormGradient = composed<'GroupNormGradient'>((ops, inputs, attrs) => {
  const c = inputs.x.shape[3]
  const line = [ops.of(inputs.mean), ops.of(inputs.rstd)].map(value => spread(ops, value, c)) as [
    Value,
    Value,
  ]
  return normSlopes(ops, inputs, line, ops.of(inputs.dy), attrs)
})

/** The gradients of a norm that makes (x - middle) rstd of x [B,H,W,C], with middle and rstd [B,1,C]. */
export function normSlopes(
  ops: Eager,
  inputs: NormInputs & Partial<Modulation>,
  [middle, rstd]: [Value, Value],
  slope: Value,
  { groups, activate }: NormAttrs,
) {
  const [b, h, w, c] = inputs.x.shape
  const pixels = [b, h * w, c]
  const { plainFactor, plainOffset, gain, factor, offset } = affine(ops, inputs)
  const x = ops.reshape(ops.of(inputs.x), pixels)
  let dy = ops.reshape(slope, pixels)
  if (activate) {
    const unit = ops.mul(ops.sub(x, middle), rstd)
    dy = ops.mul(dy, activationSlope(ops, ops.add(ops.mul(unit, factor), offset)))
  }
  const level = pixelMean(ops, dy)
  const product = ops.mul(dy, x)
  // The mean over the pixels of dy times the normalised x.
  const moment = ops.mul(ops.sub(pixelMean(ops, product), ops.mul(middle, level)), rstd)
  ops.free(product)

  // dx = (dy f - mean(dy f) - unit mean(dy f unit)) rstd, as dy a + (x b + c)
  const groupLevel = (value: Value) => spread(ops, groupMean(ops, ops.mul(value, factor), groups), c)
  const tilt = ops.mul(groupLevel(moment), rstd)
  const shift = ops.sub(ops.mul(middle, tilt), groupLevel(level))
  const tilted = ops.mul(x, ops.mul(tilt, ops.run('Neg', [rstd])))
  const other = ops.add(tilted, ops.mul(shift, rstd))
  ops.free(tilted)
  const direct = ops.mul(dy, ops.mul(factor, rstd))
  const dx = ops.reshape(ops.add(direct, other), inputs.x.shape)

  const size = ops.number(h * w)
  const overBatch = (value: Value) => ops.mul(ops.sum(gain ? ops.mul(value, gain) : value, [0, 1]), size)
  const slopes = { x: dx, gamma: overBatch(moment), beta: overBatch(level) }
  if (!gain) return slopes
  const perSample = (value: Value) => ops.reshape(ops.mul(value, size), [b, c])
  const dscale = ops.add(ops.mul(moment, plainFactor), ops.mul(level, plainOffset))
  return { ...slopes, scale: perSample(dscale), shift: perSample(level) }
}
