import type { BlocksAttrs, BlocksInputs } from '../ops/kernel-inputs.js'
import type { Eager, Value } from './eager.js'
import { addKernel } from './kernel.js'

/** Sums over 2x2 blocks. */
function sumBlocks(ops: Eager, { x }: BlocksInputs, { gain }: BlocksAttrs): Value[] {
  const pairs = { ksize: [1, 2, 2, 1], strides: [1, 2, 2, 1], padding: 'VALID' }
  const mean = ops.run('AvgPool', [ops.of(x)], pairs)
  return [gain === 0.25 ? mean : ops.mul(mean, ops.number(4 * gain))]
}

/** Pixels repeated 2x2 times. */
function repeatBlocks(ops: Eager, { x }: BlocksInputs, { gain }: BlocksAttrs): Value[] {
  const [b, h, w, c] = x.shape
  const rows = ops.reshape(ops.of(x), [b * h, 1, w, 1, c])
  const tiled = ops.run('Tile', [rows, ops.integers([1, 2, 1, 2, 1])])
  const y = ops.reshape(tiled, [b, 2 * h, 2 * w, c])
  return [gain === 1 ? y : ops.mul(y, ops.number(gain))]
}

/** Sums over 2x2 blocks and their transpose. */
export function registerResample(): void {
  addKernel('RfSumBlocks', sumBlocks)
  addKernel('RfRepeatBlocks', repeatBlocks)
}
