import { exp } from './activation'
import { packTransposed, padded, padRows, product, takeRows } from './padded-product'

/** How many queries are done at once: a unit of work. */
export const QUERIES = 32

@inline
export function total(x: v128): f32 {
  return (f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1)) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
}

/** -Infinity in the columns of scores [rows,padded(n)] that belong to no key. */
export function maskScores(scores: usize, rows: i32, n: i32): void {
  const width = padded(n)
  for (let r = 0; r < rows; r++)
    for (let c = n; c < width; c++) store<f32>(scores + ((<usize>(r * width + c)) << 2), -Infinity)
}

/** A row of scores becomes exp(score - largest). Returns the logarithm of the sum of exp(score), and leaves the sum there. */
function exponentials(row: usize, width: i32, sum: usize): f32 {
  const end = row + ((<usize>width) << 2)
  let m = v128.load(row)
  for (let at = row; at < end; at += 16) m = f32x4.max(m, v128.load(at))
  const most = max(max(f32x4.extract_lane(m, 0), f32x4.extract_lane(m, 1)), max(f32x4.extract_lane(m, 2), f32x4.extract_lane(m, 3)))
  const M = f32x4.splat(most)
  let s0 = f32x4.splat(0), s1 = s0
  for (let at = row; at < end; at += 32) {
    const e0 = exp(f32x4.sub(v128.load(at), M)), e1 = exp(f32x4.sub(v128.load(at, 16), M))
    v128.store(at, e0)
    v128.store(at, e1, 16)
    s0 = f32x4.add(s0, e0)
    s1 = f32x4.add(s1, e1)
  }
  const all = total(f32x4.add(s0, s1))
  store<f32>(sum, all)
  return most + Mathf.log(all)
}

/**
 * y = softmax(q k^T / sqrt(d)) v of each head, from qkv [B,n,3·heads·d] into y [B,n,heads·d]; logSums [B,heads,n] are kept for the
 * gradient. Units of work are QUERIES queries of a head. scratch, for each thread: 2 N D + QUERIES (N + 2 D + 1) floats, with N
 * and D for n and d rounded up to multiples of 8
 */
export function attention(
  qkv: usize, y: usize, logSums: usize, scratch: usize, scratchStep: usize,
  n: i32, heads: i32, d: i32, scale: f32, first: i32, last: i32, thread: i32,
): void {
  const N = padded(n), D = padded(d)
  const channels = heads * d
  const step = (<usize>(3 * channels)) << 2, outStep = (<usize>channels) << 2
  const keys = scratch + <usize>thread * scratchStep
  const values = keys + ((<usize>(N * D)) << 2)
  const queries = values + ((<usize>(N * D)) << 2)
  const scores = queries + ((<usize>(QUERIES * D)) << 2)
  const out = scores + ((<usize>(QUERIES * N)) << 2)
  const sums = out + ((<usize>(QUERIES * D)) << 2)
  const blocks = (n + QUERIES - 1) / QUERIES
  let packed = -1
  for (let unit = first; unit < last; unit++) {
    const image = unit / blocks // of a head in a sample
    const start = (unit % blocks) * QUERIES
    const rows = min(QUERIES, n - start)
    const head = (<usize>(image % heads * d)) << 2
    const x = qkv + <usize>(image / heads * n) * step + head
    if (image !== packed) {
      packTransposed(x + outStep, step, n, d, keys)
      padRows(x + 2 * outStep, step, n, d, values, N, 1)
      packed = image
    }
    padRows(x + <usize>start * step, step, rows, d, queries, QUERIES, scale)
    const all = (rows + 3) & ~3
    const long = (<usize>N) << 2, short = (<usize>D) << 2
    product(queries, short, 4, keys, short << 3, 32, scores, long, all, N, D, false)
    maskScores(scores, all, n)
    for (let r = 0; r < rows; r++) {
      const logSum = exponentials(scores + <usize>r * long, N, sums + ((<usize>r) << 2))
      store<f32>(logSums + ((<usize>(image * n + start + r)) << 2), logSum)
    }
    product(scores, long, 4, values, 32, short, out, short, all, D, N, false)
    const to = y + <usize>(image / heads * n + start) * outStep + head
    for (let r = 0; r < rows; r++) {
      const gain: f32 = <f32>1 / load<f32>(sums + ((<usize>r) << 2))
      takeRows(out + <usize>r * short, 1, d, to + <usize>r * outStep, outStep, gain)
    }
  }
}
