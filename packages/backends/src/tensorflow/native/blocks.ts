import { composed } from '../kernel.js'

export const sumBlocks = composed<'SumBlocks'>((ops, { x }, { gain }) => ({
  y: ops.run('RectifiedFlowSumBlocks', [ops.of(x)], { gain: { float: gain } }),
}))

export const repeatBlocks = composed<'RepeatBlocks'>((ops, { x }, { gain }) => ({
  y: ops.run('RectifiedFlowRepeatBlocks', [ops.of(x)], { gain: { float: gain } }),
}))
