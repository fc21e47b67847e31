import type * as tf from '@tensorflow/tfjs-core'
import type { Modulation, NormAttrs, NormInputs } from '../../kernels/table.js'
import type { Eager, Value } from '../eager.js'
import { composed, either } from '../kernel.js'
import { groupNorm as composedNorm } from '../kernels/group-norm.js'
import { groupNormGradient as composedGradient } from '../kernels/group-norm-gradient.js'
import {
  groupNormOffset as composedOffset,
  groupNormOffsetGradient as composedOffsetGradient,
} from '../kernels/group-norm-offset.js'
import { isBlocks } from './convolve.js'
import { none } from './none.js'

/** Whether native/group-norm.c takes the images [B,H,W,C]. */
const takes = ({ x }: NormInputs): boolean => isBlocks(x.shape[3]) && x.size > 0

const affine = (ops: Eager, { gamma, beta, scale, shift }: NormInputs & Partial<Modulation>): Value[] =>
  [gamma, beta, scale, shift].map(tensor => (tensor ? ops.of(tensor) : none(ops)))

const normAttrs = ({ groups, epsilon, activate }: NormAttrs) => ({
  groups,
  epsilon: { float: epsilon },
  activate: Number(activate),
})

const slopeAttrs = ({ groups, activate }: NormAttrs) => ({ groups, activate: Number(activate) })

export const groupNorm = either<'GroupNorm'>(
  takes,
  composed((ops, inputs, attrs) => {
    const values = [ops.of(inputs.x), ...affine(ops, inputs)]
    const [y, mean, rstd] = ops.runAll('RectifiedFlowGroupNorm', values, normAttrs(attrs), 3)
    return { y: y!, mean: mean!, rstd: rstd! }
  }),
  composedNorm,
)

export const groupNormGradient = either<'GroupNormGradient'>(
  takes,
  composed((ops, inputs, attrs) => {
    const outputs = [inputs.mean, inputs.rstd, inputs.dy].map(tensor => ops.of(tensor))
    const values = [ops.of(inputs.x), ...affine(ops, inputs), ...outputs]
    const slopes = ops.runAll('RectifiedFlowGroupNormGradient', values, slopeAttrs(attrs), 5)
    const [x, gamma, beta, scale, shift] = slopes as [Value, Value, Value, Value, Value]
    return inputs.scale ? { x, gamma, beta, scale, shift } : { x, gamma, beta }
  }),
  composedGradient,
)

export const groupNormOffset = either<'GroupNormOffset'>(
  takes,
  composed((ops, { x, gamma, beta, offset }, attrs) => {
    const values = [x, gamma, beta, offset].map((tensor: tf.Tensor) => ops.of(tensor))
    const [y, lines] = ops.runAll('RectifiedFlowGroupNormOffset', values, normAttrs(attrs), 2)
    return { y: y!, lines: lines! }
  }),
  composedOffset,
)

export const groupNormOffsetGradient = either<'GroupNormOffsetGradient'>(
  takes,
  composed((ops, { x, gamma, beta, lines, dy }, attrs) => {
    const values = [x, gamma, beta, lines, dy].map((tensor: tf.Tensor) => ops.of(tensor))
    const slopes = ops.runAll('RectifiedFlowGroupNormOffsetGradient', values, slopeAttrs(attrs), 4)
    return { x: slopes[0]!, gamma: slopes[1]!, beta: slopes[2]!, offset: slopes[3]! }
  }),
  composedOffsetGradient,
)
