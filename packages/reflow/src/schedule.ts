import { checkInt, checkNumber } from '@rectified-flow/core'

/** A number that changes in training: a function of the steps done before (learning rate), or of updates from 1 (decay). */
export type Schedule = (step: number) => number

/**
 * A learning rate that rises linearly from 0 over `steps` steps and then stays, as in the paper's training.
 *
 *   rate min(step / steps, 1)
 *
 * @param rate  the rate after the ramp, or a schedule to multiply by it
 */
export function warmUp(rate: number | Schedule, { steps }: { steps: number }): Schedule {
  const where = 'reflow.warmUp'
  checkInt(where, 'steps', steps, 0)
  if (typeof rate === 'number') checkNumber(where, 'rate', rate, 0)
  const at = toSchedule(rate)
  return step => at(step) * (steps > 0 ? Math.min(step / steps, 1) : 1)
}

/** A number as a schedule that never changes. */
export function toSchedule(value: number | Schedule): Schedule {
  return typeof value === 'number' ? () => value : value
}
