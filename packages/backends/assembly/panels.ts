import { addOuterProducts } from './outer-products'
import { TOGETHER } from './tile'

/**
 * Of each matrix x [batches,allRows,columns], `rows` rows from number `start` on, as panels of 8 columns: [batch][panel][row][8],
 * with batches and panels as many bytes apart as is said. Lanes beyond the columns stay as they are. Units of work are rows,
 * counted over batches.
 */
export function packPanels(
  x: usize, panels: usize, batchStep: usize, panelStep: usize, allRows: i32, start: i32, rows: i32, columns: i32,
  first: i32, last: i32,
): void {
  const size = (<usize>columns) << 2
  for (let unit = first; unit < last; unit++) {
    const b = unit / rows, r = unit % rows
    const from = x + <usize>(b * allRows + start + r) * size
    const to = panels + <usize>b * batchStep + ((<usize>r) << 5)
    let c: usize = 0
    for (; c + 16 <= size; c += 16) v128.store(to + (c >> 5) * panelStep + (c & 16), v128.load(from + c))
    for (; c < size; c += 4) store<f32>(to + (c >> 5) * panelStep + (c & 31), load<f32>(from + c))
  }
}

/**
 * out [batches,m,n] = or += for each batch the sum over rows of the outer products of the panels xs, of m columns, and ys, of n
 * columns. Units of work are blocks of 4 rows of out, counted over batches.
 */
export function panelProducts(
  xs: usize, xStep: usize, xPanelStep: usize, ys: usize, yStep: usize, yPanelStep: usize, out: usize, rows: i32, m: i32, n: i32,
  add: bool, first: i32, last: i32,
): void {
  const blocks = (m + 3) >> 2, panels = (n + 7) >> 3
  const size = (<usize>n) << 2
  for (let unit = first; unit < last; unit++) {
    const b = unit / blocks, block = unit % blocks
    const lanes = m - (block << 2)
    const x = xs + <usize>b * xStep + <usize>(block >> 1) * xPanelStep + ((<usize>(block & 1)) << 4)
    let at = out + <usize>(b * m + (block << 2)) * size
    if (!add) memory.fill(at, 0, <usize>min(lanes, 4) * size)
    for (let panel = 0; panel < panels; panel += TOGETHER, at += 32 * TOGETHER) {
      const together = min(TOGETHER, panels - panel), count = min(8 * together, n - (panel << 3))
      const y = ys + <usize>b * yStep + <usize>panel * yPanelStep
      addOuterProducts(x, 32, 0, y, yPanelStep, 1, (<usize>rows) << 5, at, size, lanes, count, together)
    }
  }
}
