@inline
function add4(at: usize, value: v128): void {
  v128.store(at, f32x4.add(v128.load(at), value))
}

@inline
function add1(at: usize, value: f32): void {
  store<f32>(at, load<f32>(at) + value)
}

/**
 * out[c,o] += sum over rows and columns of x[c] dy[o], for the pixels that one filter position sees.
 * Sums of outer products of 4 input and 8 output channels stay in registers.
 */
export function outerProducts(
  x: usize, dy: usize, out: usize, rows: i32, columns: i32, xRow: usize, xColumn: usize, dyRow: usize, inputs: i32, outputs: i32,
): void {
  const dyColumn = (<usize>outputs) << 2
  const row = (<usize>outputs) << 2
  let c = 0
  for (; c + 4 <= inputs; c += 4) {
    const xc = x + ((<usize>c) << 2)
    const to = out + <usize>c * row
    let o = 0
    for (; o + 8 <= outputs; o += 8) {
      const offset = (<usize>o) << 2
      let a0 = f32x4.splat(0), a1 = f32x4.splat(0), b0 = f32x4.splat(0), b1 = f32x4.splat(0)
      let c0 = f32x4.splat(0), c1 = f32x4.splat(0), d0 = f32x4.splat(0), d1 = f32x4.splat(0)
      for (let i = 0; i < rows; i++) {
        let px = xc + <usize>i * xRow
        let py = dy + offset + <usize>i * dyRow
        const end = py + <usize>columns * dyColumn
        while (py < end) {
          const y0 = v128.load(py), y1 = v128.load(py, 16)
          let v = v128.load32_splat(px)
          a0 = f32x4.add(a0, f32x4.mul(v, y0))
          a1 = f32x4.add(a1, f32x4.mul(v, y1))
          v = v128.load32_splat(px, 4)
          b0 = f32x4.add(b0, f32x4.mul(v, y0))
          b1 = f32x4.add(b1, f32x4.mul(v, y1))
          v = v128.load32_splat(px, 8)
          c0 = f32x4.add(c0, f32x4.mul(v, y0))
          c1 = f32x4.add(c1, f32x4.mul(v, y1))
          v = v128.load32_splat(px, 12)
          d0 = f32x4.add(d0, f32x4.mul(v, y0))
          d1 = f32x4.add(d1, f32x4.mul(v, y1))
          px += xColumn
          py += dyColumn
        }
      }
      let at = to + offset
      add4(at, a0)
      add4(at + 16, a1)
      at += row
      add4(at, b0)
      add4(at + 16, b1)
      at += row
      add4(at, c0)
      add4(at + 16, c1)
      at += row
      add4(at, d0)
      add4(at + 16, d1)
    }
    for (; o < outputs; o++) {
      const offset = (<usize>o) << 2
      let s = f32x4.splat(0)
      for (let i = 0; i < rows; i++) {
        let px = xc + <usize>i * xRow
        let py = dy + offset + <usize>i * dyRow
        const end = py + <usize>columns * dyColumn
        while (py < end) {
          s = f32x4.add(s, f32x4.mul(v128.load(px), v128.load32_splat(py)))
          px += xColumn
          py += dyColumn
        }
      }
      const at = to + offset
      add1(at, f32x4.extract_lane(s, 0))
      add1(at + row, f32x4.extract_lane(s, 1))
      add1(at + 2 * row, f32x4.extract_lane(s, 2))
      add1(at + 3 * row, f32x4.extract_lane(s, 3))
    }
  }
  for (; c < inputs; c++) {
    const xc = x + ((<usize>c) << 2)
    const to = out + <usize>c * row
    let o = 0
    for (; o + 8 <= outputs; o += 8) {
      const offset = (<usize>o) << 2
      let a0 = f32x4.splat(0), a1 = f32x4.splat(0)
      for (let i = 0; i < rows; i++) {
        let px = xc + <usize>i * xRow
        let py = dy + offset + <usize>i * dyRow
        const end = py + <usize>columns * dyColumn
        while (py < end) {
          const v = v128.load32_splat(px)
          a0 = f32x4.add(a0, f32x4.mul(v, v128.load(py)))
          a1 = f32x4.add(a1, f32x4.mul(v, v128.load(py, 16)))
          px += xColumn
          py += dyColumn
        }
      }
      add4(to + offset, a0)
      add4(to + offset + 16, a1)
    }
    for (; o < outputs; o++) {
      const offset = (<usize>o) << 2
      let s: f32 = 0
      for (let i = 0; i < rows; i++) {
        let px = xc + <usize>i * xRow
        let py = dy + offset + <usize>i * dyRow
        const end = py + <usize>columns * dyColumn
        while (py < end) {
          s += load<f32>(px) * load<f32>(py)
          px += xColumn
          py += dyColumn
        }
      }
      add1(to + offset, s)
    }
  }
}
