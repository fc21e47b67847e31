import type { WasmBackend } from './backend.js'
import { runUnits, withScratch } from './simd.js'

/** Panels of matrices, of 8 columns each, and how many bytes matrices and panels are apart. */
export interface Panels {
  at: number
  batchStep: number
  panelStep: number
}

/**
 * A cache line, by which the parts of a panel are further apart than they are long: at distances of a power of two they would
 * share a few lines of the cache.
 */
export const APART = 64

/** out [batches,m,n] = or += x^T y, summed over the rows of their panels. */
export function sumPanelProducts(
  backend: WasmBackend,
  { x, y, out }: { x: Panels; y: Panels; out: number },
  { batches, rows, m, n, add }: { batches: number; rows: number; m: number; n: number; add: boolean },
): void {
  const work = { units: batches * Math.ceil(m / 4), operations: batches * rows * m * n }
  const panels = [x, y].flatMap(({ at, batchStep, panelStep }) => [at, batchStep, panelStep])
  runUnits(backend, 'panelProducts', work, [...panels, out, rows, m, n, add])
}

/** How many rows' products are summed in registers. It sets the order of the sums, so it doesn't depend on threads. */
const ROWS = 256
/** Batches are packed together as long as they take no more than this: 4 MiB. */
const FLOATS = 1 << 20

/** out = x^T y of matrices x [batches,rows,m] and y [batches,rows,n], given by their addresses. */
export function multiplyTransposed(
  backend: WasmBackend,
  { x, y, out }: { x: number; y: number; out: number },
  { batches, rows, m, n }: { batches: number; rows: number; m: number; n: number },
): void {
  const most = Math.min(rows, ROWS)
  const panelStep = 32 * most + APART
  const sizes = { x: panelStep * Math.ceil(m / 8), y: panelStep * Math.ceil(n / 8) }
  const together = Math.max(1, Math.min(batches, Math.floor((4 * FLOATS) / (sizes.x + sizes.y))))
  withScratch(backend, (together * (sizes.x + sizes.y)) / 4, 1, scratch => {
    const xs = { at: scratch, batchStep: sizes.x, panelStep }
    const ys = { at: scratch + together * sizes.x, batchStep: sizes.y, panelStep }
    for (let batch = 0; batch < batches; batch += together)
      for (let row = 0; row < rows; row += ROWS) {
        const part = { batches: Math.min(together, batches - batch), rows: Math.min(ROWS, rows - row) }
        const pack = (from: number, columns: number, { at, batchStep }: Panels) => {
          const matrices = from + 4 * batch * rows * columns
          const units = part.batches * part.rows
          const values = [matrices, at, batchStep, panelStep, rows, row, part.rows, columns]
          runUnits(backend, 'packPanels', { units, operations: 8 * units * columns }, values)
        }
        pack(x, m, xs)
        pack(y, n, ys)
        sumPanelProducts(
          backend,
          { x: xs, y: ys, out: out + 4 * batch * m * n },
          { ...part, m, n, add: row > 0 },
        )
      }
  })
}
