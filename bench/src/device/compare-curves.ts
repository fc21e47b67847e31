/**
 * How long two trainings of the same seed are compared step by step, before their roundings have grown. In 100 steps of
 * the small network, losses on tfjs-node and wasm differ by at most 2e-7 in the first 10, 5e-6 later, and
 * means by 7e-7.
 */
const FIRST = 10
const FIRST_TOLERANCE = 1e-4
/** Later, means over this many steps are compared. */
const WINDOW = 50
const WINDOW_TOLERANCE = 2e-3

/** Differences of two curves of losses, relative. `windows` is 0 if the curves are shorter than a window. */
export interface CurveComparison {
  steps: number
  first: number
  windows: number
  agrees: boolean
}

/** Compare the losses of a training with those of the same training elsewhere; the shorter curve decides how many. */
export function compareCurves(actual: readonly number[], expected: readonly number[]): CurveComparison {
  const steps = Math.min(actual.length, expected.length)
  const apart = (a: number, e: number) => (Number.isFinite(a) ? Math.abs(a - e) / Math.abs(e) : Infinity)
  const worst = (differences: readonly number[]) => Math.max(0, ...differences)
  const first = worst(expected.slice(0, Math.min(FIRST, steps)).map((e, i) => apart(actual[i]!, e)))
  const mean = (losses: readonly number[], from: number) =>
    losses.slice(from, from + WINDOW).reduce((sum, loss) => sum + loss, 0) / WINDOW
  const starts = Array.from({ length: Math.floor(steps / WINDOW) }, (_, i) => i * WINDOW)
  const windows = worst(starts.map(from => apart(mean(actual, from), mean(expected, from))))
  return {
    steps,
    first,
    windows,
    agrees: steps > 0 && first <= FIRST_TOLERANCE && windows <= WINDOW_TOLERANCE,
  }
}
