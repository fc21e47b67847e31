import { groupMean, pixelMean, spread } from '../channel-means.js'
import type { Value } from '../eager.js'
import { composed } from '../kernel.js'
import { affine } from './group-norm.js'

export const groupNormGradient = composed<'GroupNormGradient'>((ops, inputs, { groups }) => {
  const [b, h, w, c] = inputs.x.shape
  const pixels = [b, h * w, c]
  const [mean, rstd] = [spread(ops, ops.of(inputs.mean), c), spread(ops, ops.of(inputs.rstd), c)]
  const x = ops.reshape(ops.of(inputs.x), pixels)
  const dy = ops.reshape(ops.of(inputs.dy), pixels)
  const level = pixelMean(ops, dy)
  const product = ops.mul(dy, x)
  // The mean over the pixels of dy times the normalised x.
  const moment = ops.mul(ops.sub(pixelMean(ops, product), ops.mul(mean, level)), rstd)
  ops.free(product)

  // dx = (dy f - mean(dy f) - unit mean(dy f unit)) rstd, as dy a + (x b + c)
  const { plainFactor, plainOffset, gain, factor } = affine(ops, inputs)
  const groupLevel = (value: Value) => spread(ops, groupMean(ops, ops.mul(value, factor), groups), c)
  const tilt = ops.mul(groupLevel(moment), rstd)
  const shift = ops.sub(ops.mul(mean, tilt), groupLevel(level))
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
})
