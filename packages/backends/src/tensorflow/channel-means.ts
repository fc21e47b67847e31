import type { Eager, Value } from './eager.js'

/**
 * Means over the pixels of [B,N,C]: [B,1,C]. If C is not a multiple of 16, the widest vector crosses the end of a pixel, and
 * TensorFlow adds in an order that depends on the sample's place in the batch. Then this function transposes x first.
 */
export function pixelMean(ops: Eager, x: Value): Value {
  const [b, , c] = x.shape as [number, number, number]
  if (c % 16 === 0) return ops.mean(x, [1], true)
  const mean = ops.mean(ops.run('Transpose', [x, ops.integers([0, 2, 1])]), [2])
  return ops.reshape(mean, [b, 1, c])
}

/** The mean of each group of channels, from [B,1,C] to [B,groups]. */
export function groupMean(ops: Eager, x: Value, groups: number): Value {
  const [b, , c] = x.shape as [number, number, number]
  if (groups === c) return ops.reshape(x, [b, c])
  return ops.mean(ops.reshape(x, [b, groups, c / groups]), [2])
}

/** Repeat each group's number for each of its channels, from [B,groups] to [B,1,C]. */
export function spread(ops: Eager, x: Value, channels: number): Value {
  const [b, groups] = x.shape as [number, number]
  if (groups === channels) return ops.reshape(x, [b, 1, channels])
  const size = channels / groups
  const groupOf = ops.constant(`groups ${channels} ${size}`, [1, channels], () =>
    Int32Array.from({ length: channels }, (_, i) => Math.floor(i / size)),
  )
  return ops.run('GatherV2', [x, groupOf, ops.constant('axis 1', [], () => Int32Array.of(1))])
}
