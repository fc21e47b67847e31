import type { Eager, Value } from '../eager.js'
import { composed } from '../kernel.js'

type Shape3D = [number, number, number]

/** Queries, keys and values [B,heads,N,d], and the scores q kᵀ / sqrt(d) [B,heads,N,N]. */
function scored(ops: Eager, qkv: Value, heads: number) {
  const [b, n, c3] = qkv.shape as Shape3D
  const c = c3 / 3
  const [q, k, v] = [0, 1, 2].map(i => {
    const part = ops.run('Slice', [qkv, ops.integers([0, 0, i * c]), ops.integers([b, n, c])])
    return apart(ops, part, heads)
  }) as [Value, Value, Value]
  const scale = ops.number(Math.sqrt(heads / c))
  return { q, k, v, scale, scores: ops.mul(ops.run('BatchMatMulV2', [q, k], { adj_y: true }), scale) }
}

/** [B,N,C] as [B,heads,N,d]. */
function apart(ops: Eager, x: Value, heads: number): Value {
  const [b, n, c] = x.shape as Shape3D
  return ops.run('Transpose', [ops.reshape(x, [b, n, heads, c / heads]), ops.integers([0, 2, 1, 3])])
}

/** [B,heads,N,d] as [B,N,C]. */
function together(ops: Eager, x: Value): Value {
  const [b, heads, n, d] = x.shape as [...Shape3D, number]
  return ops.reshape(ops.run('Transpose', [x, ops.integers([0, 2, 1, 3])]), [b, n, heads * d])
}

export const attention = composed<'Attention'>((ops, inputs, { heads }) => {
  const { v, scores } = scored(ops, ops.of(inputs.qkv), heads)
  const largest = ops.run('Max', [scores, ops.integers([3])], { keep_dims: true })
  const weights = ops.run('Exp', [ops.sub(scores, largest)])
  const sums = ops.sum(weights, [3], true)
  const y = ops.run('BatchMatMulV2', [ops.div(weights, sums), v])
  const logSums = ops.reshape(ops.add(largest, ops.run('Log', [sums])), scores.shape.slice(0, 3))
  return { y: together(ops, y), logSums }
})

export const attentionGradient = composed<'AttentionGradient'>((ops, inputs, { heads }) => {
  const { q, k, v, scale, scores } = scored(ops, ops.of(inputs.qkv), heads)
  const [y, dy] = [inputs.y, inputs.dy].map(x => apart(ops, ops.of(x), heads)) as [Value, Value]
  const logSums = ops.reshape(ops.of(inputs.logSums), [...scores.shape.slice(0, 3), 1])
  const weights = ops.run('Exp', [ops.sub(scores, logSums)])
  const slopes = ops.run('BatchMatMulV2', [dy, v], { adj_y: true })
  const level = ops.sum(ops.mul(dy, y), [3], true)
  const ds = ops.mul(ops.mul(weights, ops.sub(slopes, level)), scale)
  const dq = ops.run('BatchMatMulV2', [ds, k])
  const dk = ops.run('BatchMatMulV2', [ds, q], { adj_x: true })
  const dv = ops.run('BatchMatMulV2', [weights, dy], { adj_x: true })
  const parts = [dq, dk, dv].map(part => together(ops, part))
  return { qkv: ops.reshape(ops.pack(parts, 2), inputs.qkv.shape) }
})
