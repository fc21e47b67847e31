/**
 * One AdamW step and the moving average of the new weight, n numbers, into new memory or over the old; 1,024 are a unit of work.
 * `numbers` are those of ops/adam-numbers.ts [10]. Rate and epsilon have the bias correction in them. 1 - beta comes as a
 * number of its own: it has few digits left where it is the difference of float32s. Where the factor is 0, the gradient counts
 * as 0 even if it is NaN.
 */
export function adamEma(
  weight: usize, m: usize, v: usize, ema: usize, gradient: usize,
  weightNext: usize, mNext: usize, vNext: usize, emaNext: usize,
  numbers: usize, n: i32, first: i32, last: i32,
): void {
  const factor = load<f32>(numbers), rate = load<f32>(numbers, 4), epsilon = load<f32>(numbers, 8)
  const beta1 = load<f32>(numbers, 12), rest1 = load<f32>(numbers, 16)
  const beta2 = load<f32>(numbers, 20), rest2 = load<f32>(numbers, 24)
  const decay = load<f32>(numbers, 28), restDecay = load<f32>(numbers, 32), shrink = load<f32>(numbers, 36)
  const G = f32x4.splat(factor), used = f32x4.ne(G, f32x4.splat(0))
  const B1 = f32x4.splat(beta1), C1 = f32x4.splat(rest1)
  const B2 = f32x4.splat(beta2), C2 = f32x4.splat(rest2)
  const R = f32x4.splat(rate), E = f32x4.splat(epsilon)
  const D = f32x4.splat(decay), F = f32x4.splat(restDecay), S = f32x4.splat(shrink)
  const end = min(n, last << 10)
  let i = first << 10
  for (; i + 4 <= end; i += 4) {
    const o = (<usize>i) << 2
    const g = v128.and(f32x4.mul(G, v128.load(gradient + o)), used)
    const mi = f32x4.add(f32x4.mul(B1, v128.load(m + o)), f32x4.mul(C1, g))
    const vi = f32x4.add(f32x4.mul(B2, v128.load(v + o)), f32x4.mul(C2, f32x4.mul(g, g)))
    const step = f32x4.div(f32x4.mul(R, mi), f32x4.add(f32x4.sqrt(vi), E))
    const before = v128.load(weight + o)
    const w = f32x4.sub(before, f32x4.add(step, f32x4.mul(S, before)))
    v128.store(mNext + o, mi)
    v128.store(vNext + o, vi)
    v128.store(weightNext + o, w)
    v128.store(emaNext + o, f32x4.add(f32x4.mul(D, v128.load(ema + o)), f32x4.mul(F, w)))
  }
  for (; i < end; i++) {
    const o = (<usize>i) << 2
    const g: f32 = factor == 0 ? 0 : factor * load<f32>(gradient + o)
    const mi = beta1 * load<f32>(m + o) + rest1 * g
    const vi = beta2 * load<f32>(v + o) + rest2 * (g * g)
    const before = load<f32>(weight + o)
    const w = before - (rate * mi / (sqrt<f32>(vi) + epsilon) + shrink * before)
    store<f32>(mNext + o, mi)
    store<f32>(vNext + o, vi)
    store<f32>(weightNext + o, w)
    store<f32>(emaNext + o, decay * load<f32>(ema + o) + restDecay * w)
  }
}
