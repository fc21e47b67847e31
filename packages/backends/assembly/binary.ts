/** What `binary` computes of a and b. */
const ADD = 0
const SUB = 1
const MUL = 2
const DIV = 3

/** Store two vectors that lie beside each other, of a and b combined. */
@inline
function storeCombined(op: i32, out: usize, a0: v128, a1: v128, b0: v128, b1: v128): void {
  if (op === ADD) {
    a0 = f32x4.add(a0, b0)
    a1 = f32x4.add(a1, b1)
  } else if (op === SUB) {
    a0 = f32x4.sub(a0, b0)
    a1 = f32x4.sub(a1, b1)
  } else if (op === MUL) {
    a0 = f32x4.mul(a0, b0)
    a1 = f32x4.mul(a1, b1)
  } else {
    a0 = f32x4.div(a0, b0)
    a1 = f32x4.div(a1, b1)
  }
  v128.store(out, a0)
  v128.store(out, a1, 16)
}

@inline
function combined(op: i32, a: f32, b: f32): f32 {
  return op === ADD ? a + b : op === SUB ? a - b : op === MUL ? a * b : a / b
}

/** A row of n numbers, with a row or with one number. */
@inline
function row(op: i32, a: usize, b: usize, out: usize, n: i32, one: bool): void {
  const B = v128.load32_splat(b)
  const whole = (<usize>(n & ~7)) << 2, bytes = (<usize>n) << 2
  let o: usize = 0
  if (one) for (; o < whole; o += 32) storeCombined(op, out + o, v128.load(a + o), v128.load(a + o, 16), B, B)
  else
    for (; o < whole; o += 32)
      storeCombined(op, out + o, v128.load(a + o), v128.load(a + o, 16), v128.load(b + o), v128.load(b + o, 16))
  for (; o < bytes; o += 4) store<f32>(out + o, combined(op, load<f32>(a + o), load<f32>(b + (one ? 0 : o))))
}

@inline
function rows(
  op: i32, a: usize, b: usize, out: usize, size: i32, middle: i32, inner: i32, one: bool, first: i32, last: i32,
): void {
  for (let r = first; r < last; r++) {
    const start = r * inner
    const at = (<usize>start) << 2
    const o = r / middle
    row(op, a + at, b + ((one ? <usize>o : <usize>o * <usize>inner) << 2), out + at, min(inner, size - start), one)
  }
}

/**
 * out[o,m,i] = a[o,m,i] op b[o,i], or b[o] where there is `one`; a is [outer,middle,inner], and `together` of its rows
 * [inner] are a unit of work. The last row ends where a, of `size` numbers, ends.
 */
export function binary(
  op: i32, a: usize, b: usize, out: usize, size: i32, middle: i32, inner: i32, one: bool, together: i32,
  first: i32, last: i32,
): void {
  const from = first * together, to = min((size + inner - 1) / inner, last * together)
  if (op === ADD) rows(ADD, a, b, out, size, middle, inner, one, from, to)
  else if (op === SUB) rows(SUB, a, b, out, size, middle, inner, one, from, to)
  else if (op === MUL) rows(MUL, a, b, out, size, middle, inner, one, from, to)
  else rows(DIV, a, b, out, size, middle, inner, one, from, to)
}
