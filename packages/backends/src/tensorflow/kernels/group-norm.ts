import type { Modulation, NormAttrs, NormInputs } from '../../kernels/table.js'
import { groupMean, pixelMean, spread } from '../channel-means.js'
import type { Eager, Value } from '../eager.js'
import { composed } from '../kernel.js'
import { activated } from './silu.js'

/**
 * The affine part combined with the modulation, y = unit · factor + offset. All small tensors are [C] or [B,1,C], so none of
 * them has to be reshaped. An operation on them costs only its call.
 */
export function affine(ops: Eager, { x, gamma, beta, scale, shift }: NormInputs & Partial<Modulation>) {
  const [b, , , c] = x.shape
  const [plainFactor, plainOffset] = [ops.of(gamma), ops.of(beta)]
  if (!scale || !shift) return { plainFactor, plainOffset, factor: plainFactor, offset: plainOffset }
  const gain = ops.add(ops.reshape(ops.of(scale), [b, 1, c]), ops.number(1))
  return {
    plainFactor,
    plainOffset,
    gain,
    factor: ops.mul(plainFactor, gain),
    offset: ops.add(ops.mul(plainOffset, gain), ops.reshape(ops.of(shift), [b, 1, c])),
  }
}

/** Group normalisation in few passes over the large tensors, which are [B,N,C] with N pixels. */
export const groupNorm = composed<'GroupNorm'>((ops, inputs, attrs) =>
  normalise(ops, inputs, ops.of(inputs.x), attrs),
)

/** The norm of x [B,H,W,C], a value of its own. */
export function normalise(
  ops: Eager,
  inputs: NormInputs & Partial<Modulation>,
  images: Value,
  { groups, epsilon, activate }: NormAttrs,
) {
  const [b, h, w, c] = inputs.x.shape
  const x = ops.reshape(images, [b, h * w, c])

  const mean = groupMean(ops, pixelMean(ops, x), groups)
  const centre = spread(ops, mean, c)
  const squares = ops.run('SquaredDifference', [x, centre])
  const variance = groupMean(ops, pixelMean(ops, squares), groups)
  ops.free(squares)
  // Not Rsqrt: TensorFlow rounds it differently depending on a number's place in the tensor.
  const rstd = ops.div(ops.number(1), ops.run('Sqrt', [ops.add(variance, ops.number(epsilon))]))

  const { factor, offset } = affine(ops, inputs)
  const slope = ops.mul(spread(ops, rstd, c), factor)
  const scaled = ops.mul(x, slope)
  const linear = ops.add(scaled, ops.sub(offset, ops.mul(centre, slope)))
  ops.free(scaled)
  return { y: ops.reshape(activate ? activated(ops, linear) : linear, inputs.x.shape), mean, rstd }
}
