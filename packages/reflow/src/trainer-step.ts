/** The result of one step. */
export interface TrainerStep {
  /** Steps done, including this one. */
  step: number
  /** Mean loss over the batch. */
  loss: number
  /** The norm of all gradients together, before clipping. */
  gradientNorm: number
  learningRate: number
  /** The loss or the gradients were not finite: nothing but the counters changed. */
  skipped: boolean
  /** Time and loss of every sample [B], for `TimeBins`. */
  times: Float32Array
  losses: Float32Array
}

/** The result of the step after `before` steps, from the report that the device wrote: see `StepResult`. */
export function stepOfReport(
  report: Float32Array,
  {
    batch,
    before,
    learningRate,
    scale,
  }: { batch: number; before: number; learningRate: number; scale: number },
): TrainerStep {
  const losses = report.subarray(0, batch)
  const squares = report.subarray(2 * batch, -1).reduce((sum, value) => sum + value, 0)
  return {
    step: before + 1,
    loss: losses.reduce((sum, value) => sum + value, 0) / batch,
    gradientNorm: Math.sqrt(squares) / scale,
    learningRate,
    skipped: report.at(-1) !== 0,
    times: report.subarray(batch, 2 * batch),
    losses,
  }
}
