/** What `unary` computes of x. */
const RELU = 0
const STEP = 1
const SQUARE = 2
const SQRT = 3

@inline
function result(op: i32, x: v128, alpha: v128): v128 {
  if (op === RELU) return f32x4.max(x, f32x4.splat(0))
  if (op === SQUARE) return f32x4.mul(x, x)
  if (op === SQRT) return f32x4.sqrt(x)
  const step = v128.bitselect(f32x4.splat(1), alpha, f32x4.gt(x, f32x4.splat(0)))
  return v128.bitselect(step, x, f32x4.eq(x, x)) // NaN stays NaN
}

@inline
function numbers(op: i32, x: usize, out: usize, alpha: v128, bytes: usize): void {
  let at: usize = 0
  for (; at + 32 <= bytes; at += 32) {
    const low = result(op, v128.load(x + at), alpha), high = result(op, v128.load(x + at, 16), alpha)
    v128.store(out + at, low)
    v128.store(out + at, high, 16)
  }
  for (; at < bytes; at += 4) v128.store32_lane(out + at, result(op, v128.load32_zero(x + at), alpha), 0)
}

/** out = op x, of `size` numbers, of which `unit` are a unit of work. For a step, alpha is what numbers up to 0 give. */
export function unary(
  op: i32, x: usize, out: usize, alpha: f32, size: i32, unit: i32, first: i32, last: i32,
): void {
  const start = (<usize>(first * unit)) << 2, end = (<usize>min(size, last * unit)) << 2
  const from = x + start, to = out + start, bytes = end - start
  const alphas = f32x4.splat(alpha)
  if (op === RELU) numbers(RELU, from, to, alphas, bytes)
  else if (op === STEP) numbers(STEP, from, to, alphas, bytes)
  else if (op === SQUARE) numbers(SQUARE, from, to, alphas, bytes)
  else numbers(SQRT, from, to, alphas, bytes)
}
