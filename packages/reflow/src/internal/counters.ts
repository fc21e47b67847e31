import { adamNumbers } from '@rectified-flow/backends'
import { checkInt, checkNumber } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { withDefaults } from '../trainer-options.js'
import type { TrainerState } from '../trainer-state.js'

export type Counters = Omit<TrainerState, 'tensors'>

type Options = ReturnType<typeof withDefaults>

/** The counters after one more step. */
export function after(
  { step, skipped, skippedInRow, lossScale: scaling }: Counters,
  skips: boolean,
  { lossScale }: Options,
): Counters {
  return {
    step: step + 1,
    skipped: skips ? skipped + 1 : skipped,
    skippedInRow: skips ? skippedInRow + 1 : 0,
    ...(lossScale && scaling && { lossScale: lossScale.next(scaling, !skips) }),
  }
}

/**
 * Adam's numbers for the next step, with the scale of the loss as their factor [2,10]: if the step before, whose report may be
 * on its way, changed the weights, and if it was skipped.
 *
 * @param known  the counters after all steps whose reports were read
 * @param open   whether a step was started after these
 */
export function schedule(known: Counters, open: boolean, options: Options): tf.Tensor2D {
  const rows = [false, true].map(skips => numbersOf(open ? after(known, skips, options) : known, options))
  return tf.tensor2d(rows.map(row => [...row]))
}

/** The counters of a state, checked for a trainer of these options. */
export function checkedCounters(
  where: string,
  { step, skipped, skippedInRow, lossScale }: Counters,
  options: Options,
): Counters {
  checkInt(where, 'state.step', step, 0)
  checkInt(where, 'state.skipped', skipped, 0, step)
  checkInt(where, 'state.skippedInRow', skippedInRow, 0, skipped)
  if (Boolean(lossScale) !== Boolean(options.lossScale))
    throw new RangeError(
      `${where}: state must ${options.lossScale ? 'hold a loss scale' : 'hold no loss scale'}, like this trainer, got the opposite.`,
    )
  if (lossScale) {
    checkNumber(where, 'state.lossScale.scale', lossScale.scale, Number.MIN_VALUE)
    checkInt(where, 'state.lossScale.streak', lossScale.streak, 0)
  }
  return { step, skipped, skippedInRow, ...(lossScale && { lossScale: { ...lossScale } }) }
}

function numbersOf({ step, skipped, lossScale }: Counters, options: Options): Float32Array {
  const { learningRate, beta1, beta2, epsilon, emaDecay, weightDecay } = options
  const update = step - skipped + 1
  return adamNumbers({
    step: update,
    learningRate: learningRate(step),
    beta1,
    beta2,
    epsilon,
    emaDecay: emaDecay(update),
    weightDecay,
    factor: lossScale?.scale ?? 1,
  })
}
