/** What `binary` computes of a and b. */
const ADD = 0
const SUB = 1
const MUL = 2
const DIV = 3

@inline
function combined(op: i32, a: v128, b: v128): v128 {
  if (op === ADD) return f32x4.add(a, b)
  if (op === SUB) return f32x4.sub(a, b)
  if (op === MUL) return f32x4.mul(a, b)
  return f32x4.div(a, b)
}

/** A row of n numbers, with a row or with one number. */
@inline
function row(op: i32, a: usize, b: usize, out: usize, n: i32, one: bool): void {
  const B = v128.load32_splat(b)
  let i = 0
  for (; i + 8 <= n; i += 8) {
    const o = (<usize>i) << 2
    const low = combined(op, v128.load(a + o), one ? B : v128.load(b + o))
    const high = combined(op, v128.load(a + o, 16), one ? B : v128.load(b + o, 16))
    v128.store(out + o, low)
    v128.store(out + o, high, 16)
  }
  for (; i < n; i++) {
    const o = (<usize>i) << 2
    v128.store32_lane(out + o, combined(op, v128.load32_zero(a + o), one ? B : v128.load32_zero(b + o)), 0)
  }
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
