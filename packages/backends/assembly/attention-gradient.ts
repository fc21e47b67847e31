import { exp } from './activation'
import { maskScores, QUERIES, total } from './attention'
import { packTransposed, padded, padRows, product, takeRows } from './padded-product'

/**
 * The gradient of attention with respect to qkv. With scores S = q k^T / sqrt(d), P = exp(S - logSum) and D = sum of dy y:
 *
 *   dS = P (dy v^T - D), dq = dS k / sqrt(d), dk = dS^T q / sqrt(d), dv = P^T dy
 *
 * Heads of samples are the units of work: a head's scores are computed again, QUERIES rows at a time. scratch, for each thread:
 * 5 N D + QUERIES (3 D + 2 N) floats
 */
export function attentionGradient(
  qkv: usize, y: usize, logSums: usize, dy: usize, dqkv: usize, scratch: usize, scratchStep: usize,
  n: i32, heads: i32, d: i32, scale: f32, first: i32, last: i32, thread: i32,
): void {
  const N = padded(n), D = padded(d)
  const channels = heads * d
  const step = (<usize>(3 * channels)) << 2, outStep = (<usize>channels) << 2
  const matrix = (<usize>(N * D)) << 2, block = (<usize>(QUERIES * D)) << 2
  const long = (<usize>N) << 2, short = (<usize>D) << 2
  const keys = scratch + <usize>thread * scratchStep // transposed
  const values = keys + matrix // transposed
  const plainKeys = values + matrix
  const dk = plainKeys + matrix, dv = dk + matrix
  const queries = dv + matrix
  const slopes = queries + block
  const dq = slopes + block
  const p = dq + block
  const ds = p + ((<usize>(QUERIES * N)) << 2)
  for (let image = first; image < last; image++) {
    const head = (<usize>(image % heads * d)) << 2
    const before = image / heads * n
    const x = qkv + <usize>before * step + head
    packTransposed(x + outStep, step, n, d, keys)
    packTransposed(x + 2 * outStep, step, n, d, values)
    padRows(x + outStep, step, n, d, plainKeys, N, 1)
    memory.fill(dk, 0, 2 * matrix)
    for (let start = 0; start < n; start += QUERIES) {
      const rows = min(QUERIES, n - start)
      const all = (rows + 3) & ~3
      const here = <usize>(before + start)
      padRows(x + <usize>start * step, step, rows, d, queries, QUERIES, scale)
      padRows(dy + here * outStep + head, outStep, rows, d, slopes, QUERIES, 1)
      product(queries, short, 4, keys, short << 3, 32, p, long, all, N, D, false)
      product(slopes, short, 4, values, short << 3, 32, ds, long, all, N, D, false)
      maskScores(p, all, n)
      for (let r = 0; r < all; r++) {
        const known = r < rows
        const logSum: f32 = known ? load<f32>(logSums + ((<usize>(image * n + start + r)) << 2)) : 0
        const each: f32 = known ? dot(y + (here + r) * outStep + head, slopes + <usize>r * short, d) : 0
        scoreSlopes(p + <usize>r * long, ds + <usize>r * long, N, logSum, each)
      }
      product(ds, long, 4, plainKeys, 32, short, dq, short, all, D, N, false)
      product(ds, 4, long, queries, 32, short, dk, short, N, D, all, true)
      product(p, 4, long, slopes, 32, short, dv, short, N, D, all, true)
      takeRows(dq, rows, d, dqkv + here * step + head, step, scale)
    }
    const to = dqkv + <usize>before * step + head
    takeRows(dk, n, d, to + outStep, step, 1)
    takeRows(dv, n, d, to + 2 * outStep, step, 1)
  }
}

function dot(x: usize, y: usize, count: i32): f32 {
  let s = f32x4.splat(0)
  let c = 0
  for (; c + 4 <= count; c += 4) {
    const o = (<usize>c) << 2
    s = f32x4.add(s, f32x4.mul(v128.load(x + o), v128.load(y + o)))
  }
  let rest: f32 = 0
  for (; c < count; c++) rest += load<f32>(x + ((<usize>c) << 2)) * load<f32>(y + ((<usize>c) << 2))
  return total(s) + rest
}

/** p = exp(p - logSum) and ds = p (ds - each) of a row. */
function scoreSlopes(p: usize, ds: usize, width: i32, logSum: f32, each: f32): void {
  const L = f32x4.splat(logSum), E = f32x4.splat(each)
  const end = (<usize>width) << 2
  for (let o: usize = 0; o < end; o += 16) {
    const share = exp(f32x4.sub(v128.load(p + o), L))
    v128.store(p + o, share)
    v128.store(ds + o, f32x4.mul(share, f32x4.sub(v128.load(ds + o), E)))
  }
}
