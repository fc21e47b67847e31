import type { AttentionInputs, Attrs } from '../../kernels/table.js'
import { composed, either } from '../kernel.js'
import * as others from '../kernels/attention.js'
import { isBlocks } from './convolve.js'

const takes = ({ qkv }: AttentionInputs, { heads }: Attrs<'Attention'>): boolean =>
  isBlocks(qkv.shape[2] / 3 / heads) && qkv.size > 0

export const attention = either<'Attention'>(
  takes,
  composed((ops, { qkv }, { heads }) => {
    const [y, logSums] = ops.runAll('RectifiedFlowAttention', [ops.of(qkv)], { heads }, 2)
    return { y: y!, logSums: logSums! }
  }),
  others.attention,
)

export const attentionGradient = either<'AttentionGradient'>(
  takes,
  composed((ops, { qkv, y, logSums, dy }, { heads }) => {
    const values = [qkv, y, logSums, dy].map(tensor => ops.of(tensor))
    return { qkv: ops.run('RectifiedFlowAttentionGradient', values, { heads }) }
  }),
  others.attentionGradient,
)
