/** y[i] = sum over j of a[i,j] x[j]. A row of a has `stride` bytes. */
export function rowsTimes(a: usize, stride: usize, rows: i32, columns: i32, x: usize, y: usize): void {
  const pairs = (<usize>(columns & ~1)) << 3
  const length = (<usize>columns) << 3
  let i = 0
  for (; i + 4 <= rows; i += 4) {
    const a1 = a + stride, a2 = a1 + stride, a3 = a2 + stride
    let s0 = f64x2.splat(0), s1 = f64x2.splat(0), s2 = f64x2.splat(0), s3 = f64x2.splat(0)
    let at: usize = 0
    for (; at < pairs; at += 16) {
      const v = v128.load(x + at)
      s0 = f64x2.add(s0, f64x2.mul(v128.load(a + at), v))
      s1 = f64x2.add(s1, f64x2.mul(v128.load(a1 + at), v))
      s2 = f64x2.add(s2, f64x2.mul(v128.load(a2 + at), v))
      s3 = f64x2.add(s3, f64x2.mul(v128.load(a3 + at), v))
    }
    let t0 = sum(s0), t1 = sum(s1), t2 = sum(s2), t3 = sum(s3)
    if (at < length) {
      const v = load<f64>(x + at)
      t0 += load<f64>(a + at) * v
      t1 += load<f64>(a1 + at) * v
      t2 += load<f64>(a2 + at) * v
      t3 += load<f64>(a3 + at) * v
    }
    store<f64>(y, t0)
    store<f64>(y, t1, 8)
    store<f64>(y, t2, 16)
    store<f64>(y, t3, 24)
    a = a3 + stride
    y += 32
  }
  for (; i < rows; i++) {
    let s: f64 = 0
    for (let at: usize = 0; at < length; at += 8) s += load<f64>(a + at) * load<f64>(x + at)
    store<f64>(y, s)
    a += stride
    y += 8
  }
}

@inline
function sum(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1)
}

/** y[j] = sum over i of x[i] a[i,j]. A row of a has `stride` bytes. */
export function transposedRowsTimes(a: usize, stride: usize, rows: i32, columns: i32, x: usize, y: usize): void {
  const pairs = (<usize>(columns & ~1)) << 3
  const length = (<usize>columns) << 3
  memory.fill(y, 0, length)
  let i = 0
  for (; i + 4 <= rows; i += 4) {
    const a1 = a + stride, a2 = a1 + stride, a3 = a2 + stride
    const x0 = v128.load64_splat(x), x1 = v128.load64_splat(x, 8)
    const x2 = v128.load64_splat(x, 16), x3 = v128.load64_splat(x, 24)
    let at: usize = 0
    for (; at < pairs; at += 16) {
      const s = f64x2.add(f64x2.mul(v128.load(a + at), x0), f64x2.mul(v128.load(a1 + at), x1))
      const t = f64x2.add(f64x2.mul(v128.load(a2 + at), x2), f64x2.mul(v128.load(a3 + at), x3))
      v128.store(y + at, f64x2.add(v128.load(y + at), f64x2.add(s, t)))
    }
    if (at < length)
      store<f64>(
        y + at,
        load<f64>(y + at) + load<f64>(a + at) * load<f64>(x) + load<f64>(a1 + at) * load<f64>(x, 8)
          + (load<f64>(a2 + at) * load<f64>(x, 16) + load<f64>(a3 + at) * load<f64>(x, 24)),
      )
    a = a3 + stride
    x += 32
  }
  for (; i < rows; i++) {
    const v = load<f64>(x)
    for (let at: usize = 0; at < length; at += 8) store<f64>(y + at, load<f64>(y + at) + v * load<f64>(a + at))
    a += stride
    x += 8
  }
}

/**
 * c += scale·a b. c [rows,columns], a [rows,depth], b [depth,columns], each with its bytes per row; `packed` is room for
 * 4·depth numbers. Tiles of 4 x 4 sums stay in registers; with `depth` up to some hundreds, b's columns stay in the cache.
 */
export function addProduct(
  c: usize, cStride: usize, a: usize, aStride: usize, b: usize, bStride: usize,
  rows: i32, columns: i32, depth: i32, scale: f64, packed: usize,
): void {
  const factor = f64x2.splat(scale)
  const end = packed + ((<usize>depth) << 5)
  for (let j = 0; j < columns; j += 4) {
    const width = min(4, columns - j)
    pack(b + ((<usize>j) << 3), bStride, width, depth, packed)
    const to = c + ((<usize>j) << 3)
    let i = 0
    if (width == 4)
      for (; i + 4 <= rows; i += 4) tile(to + <usize>i * cStride, cStride, a + <usize>i * aStride, aStride, packed, end, factor)
    for (; i < rows; i++) {
      const at = to + <usize>i * cStride
      let from = a + <usize>i * aStride
      let s = f64x2.splat(0), t = f64x2.splat(0)
      for (let p = packed; p < end; p += 32) {
        const v = v128.load64_splat(from)
        s = f64x2.add(s, f64x2.mul(v128.load(p), v))
        t = f64x2.add(t, f64x2.mul(v128.load(p, 16), v))
        from += 8
      }
      store<f64>(at, load<f64>(at) + scale * f64x2.extract_lane(s, 0))
      if (width > 1) store<f64>(at, load<f64>(at, 8) + scale * f64x2.extract_lane(s, 1), 8)
      if (width > 2) store<f64>(at, load<f64>(at, 16) + scale * f64x2.extract_lane(t, 0), 16)
      if (width > 3) store<f64>(at, load<f64>(at, 24) + scale * f64x2.extract_lane(t, 1), 24)
    }
  }
}

/** Pack `width` <= 4 columns of b, four numbers per row, with zeros for missing columns. */
function pack(b: usize, stride: usize, width: i32, depth: i32, to: usize): void {
  if (width == 4)
    for (let k = 0; k < depth; k++) {
      v128.store(to, v128.load(b))
      v128.store(to, v128.load(b, 16), 16)
      b += stride
      to += 32
    }
  else
    for (let k = 0; k < depth; k++) {
      for (let j = 0; j < 4; j++)
        store<f64>(to + ((<usize>j) << 3), j < width ? load<f64>(b + ((<usize>j) << 3)) : 0)
      b += stride
      to += 32
    }
}

function tile(c: usize, cStride: usize, a: usize, aStride: usize, packed: usize, end: usize, factor: v128): void {
  const a1 = a + aStride, a2 = a1 + aStride, a3 = a2 + aStride
  let s0 = f64x2.splat(0), t0 = f64x2.splat(0), s1 = f64x2.splat(0), t1 = f64x2.splat(0)
  let s2 = f64x2.splat(0), t2 = f64x2.splat(0), s3 = f64x2.splat(0), t3 = f64x2.splat(0)
  let k: usize = 0
  for (let p = packed; p < end; p += 32) {
    const left = v128.load(p), right = v128.load(p, 16)
    let v = v128.load64_splat(a + k)
    s0 = f64x2.add(s0, f64x2.mul(left, v))
    t0 = f64x2.add(t0, f64x2.mul(right, v))
    v = v128.load64_splat(a1 + k)
    s1 = f64x2.add(s1, f64x2.mul(left, v))
    t1 = f64x2.add(t1, f64x2.mul(right, v))
    v = v128.load64_splat(a2 + k)
    s2 = f64x2.add(s2, f64x2.mul(left, v))
    t2 = f64x2.add(t2, f64x2.mul(right, v))
    v = v128.load64_splat(a3 + k)
    s3 = f64x2.add(s3, f64x2.mul(left, v))
    t3 = f64x2.add(t3, f64x2.mul(right, v))
    k += 8
  }
  addRow(c, s0, t0, factor)
  c += cStride
  addRow(c, s1, t1, factor)
  c += cStride
  addRow(c, s2, t2, factor)
  c += cStride
  addRow(c, s3, t3, factor)
}

@inline
function addRow(c: usize, s: v128, t: v128, factor: v128): void {
  v128.store(c, f64x2.add(v128.load(c), f64x2.mul(s, factor)))
  v128.store(c, f64x2.add(v128.load(c, 16), f64x2.mul(t, factor)), 16)
}
