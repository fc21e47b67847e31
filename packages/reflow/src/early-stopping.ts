import { checkInt, checkNumber, checkOptions, type OptionNames } from '@rectified-flow/core'

export interface EarlyStoppingOptions {
  /** How many validations in a row may be without a better loss. */
  patience: number
  /** How much lower than the best one a loss must be to count as better. */
  minDelta?: number
}

const earlyStoppingNames: OptionNames<EarlyStoppingOptions> = { patience: 'required', minDelta: 'optional' }

/**
 * Whether training should end, because the loss has not become better for `patience` validations: `stopWhen` of `train`. It
 * depends on the losses alone, so a run that was killed and goes on ends at the same step.
 *
 *     train(trainer, { ...options, validate: trainer => trainer.validate(heldOut), stopWhen: earlyStopping({ patience: 5 }) })
 *
 * The best loss changes only when a loss is better by more than `minDelta`, as in Keras's EarlyStopping. A loss that is not
 * finite is never better.
 *
 * @see Prechelt, Early Stopping - But When?, 1998
 */
export function earlyStopping(options: EarlyStoppingOptions): (losses: readonly number[]) => boolean {
  const where = 'reflow.earlyStopping'
  checkOptions(where, options, earlyStoppingNames)
  const { patience, minDelta = 0 } = options
  checkInt(where, 'patience', patience, 1)
  checkNumber(where, 'minDelta', minDelta, 0)
  return losses => {
    let best = Infinity
    let waited = 0
    for (const loss of losses) {
      const isBetter = loss < best - minDelta
      if (isBetter) best = loss
      waited = isBetter ? 0 : waited + 1
    }
    return waited >= patience
  }
}
