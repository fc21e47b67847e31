import { checkNumber } from '@rectified-flow/core'
import type { Schedule } from './schedule.js'

/**
 * Decay of a moving average that forgets the initial weights: it is lower in the first updates, as in TensorFlow's
 * ExponentialMovingAverage and in diffusers' EMAModel. A trainer makes it of an `emaDecay` that is a number.
 *
 *   min(decay, (1 + n) / (10 + n)) at update n = 1, 2, ...
 *
 * With the paper's constant 0.9999 the initial weights are still nine tenths of the average after 1,000 updates. Here they are
 * 1e-4 of it after 10. `() => 0.9999` is the constant from the first update on.
 *
 * @param decay  the largest decay, in [0, 1]
 */
export function emaWarmUp(decay: number): Schedule {
  checkNumber('reflow.emaWarmUp', 'decay', decay, 0, 1)
  return update => Math.min(decay, (1 + update) / (10 + update))
}
