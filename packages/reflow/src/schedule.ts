import { checkInt, checkNumber } from '@rectified-flow/core'

/** A number that changes as training goes on: of the steps done before (learning rates), or of updates from 1 (decays). */
export type Schedule = (step: number) => number

/**
 * A learning rate that rises linearly from 0 over `steps` steps and stays, as the paper trains with.
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

/** A number as the schedule that never changes. */
export function toSchedule(value: number | Schedule): Schedule {
  return typeof value === 'number' ? () => value : value
}
