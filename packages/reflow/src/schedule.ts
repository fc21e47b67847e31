import { checkInt, checkNumber, checkOptions, type OptionNames } from '@rectified-flow/core'

/** A number that changes in training: a function of the steps done before (learning rate), or of updates from 1 (decay). */
export type Schedule = (step: number) => number

export interface WarmUpOptions {
  /** How many steps the rate rises. */
  steps: number
}

const warmUpNames: OptionNames<WarmUpOptions> = {
  steps: 'required',
}

/**
 * A learning rate that rises linearly from 0 over `steps` steps and then stays, as in the paper's training.
 *
 *   rate min(step / steps, 1)
 *
 * @param rate  the rate after the ramp, or a schedule to multiply by it
 */
export function warmUp(rate: number | Schedule, options: WarmUpOptions): Schedule {
  const where = 'reflow.warmUp'
  checkOptions(where, options, warmUpNames)
  const { steps } = options
  checkInt(where, 'steps', steps, 0)
  const at = rateOf(where, rate)
  return step => at(step) * (steps > 0 ? Math.min(step / steps, 1) : 1)
}

export interface DecayOptions {
  /** The step at which the rate has reached `floor` and stays: as a rule the number of steps of the run. */
  to: number
  /** The step up to which the rate stays as it is: as a rule the steps of the warm-up before. */
  from?: number
  /** What is left of the rate at the end, as a share of it, in [0, 1]. */
  floor?: number
}

const decayNames: OptionNames<DecayOptions> = {
  to: 'required',
  from: 'optional',
  floor: 'optional',
}

/**
 * A learning rate that falls along half a cosine, slowly at both ends.
 *
 *   rate (floor + (1 - floor) (1 + cos(pi s)) / 2),   s = (step - from) / (to - from), in [0, 1]
 *
 * After a warm-up: `warmUp(cosineDecay(2e-4, { from: 1000, to: 10_000 }), { steps: 1000 })`.
 *
 * @param rate  the rate before it falls, or a schedule to multiply by the cosine
 * @see Loshchilov and Hutter, SGDR, arXiv 1608.03983, equation 5: PyTorch's CosineAnnealingLR, without restarts
 */
export function cosineDecay(rate: number | Schedule, options: DecayOptions): Schedule {
  checkOptions('reflow.cosineDecay', options, decayNames)
  return decay('reflow.cosineDecay', rate, options, s => (1 + Math.cos(Math.PI * s)) / 2)
}

/**
 * A learning rate that falls linearly, as PyTorch's LinearLR.
 *
 *   rate (floor + (1 - floor) (1 - s)),   s = (step - from) / (to - from), in [0, 1]
 *
 * @param rate  the rate before it falls, or a schedule to multiply by the line
 */
export function linearDecay(rate: number | Schedule, options: DecayOptions): Schedule {
  checkOptions('reflow.linearDecay', options, decayNames)
  return decay('reflow.linearDecay', rate, options, s => 1 - s)
}

/** @param left  what is left after the share s of the way, from 1 to 0 */
function decay(
  where: string,
  rate: number | Schedule,
  options: DecayOptions,
  left: (s: number) => number,
): Schedule {
  const { to, from = 0, floor = 0 } = options
  checkInt(where, 'from', from, 0)
  checkInt(where, 'to', to, from + 1)
  checkNumber(where, 'floor', floor, 0, 1)
  const at = rateOf(where, rate)
  return step => {
    const s = Math.min(Math.max((step - from) / (to - from), 0), 1)
    return at(step) * (floor + (1 - floor) * left(s))
  }
}

function rateOf(where: string, rate: number | Schedule): Schedule {
  if (typeof rate === 'number') checkNumber(where, 'rate', rate, 0)
  return toSchedule(rate)
}

/** A number as a schedule that never changes. */
export function toSchedule(value: number | Schedule): Schedule {
  return typeof value === 'number' ? () => value : value
}
