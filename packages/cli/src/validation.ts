import type { Coupling } from '@rectified-flow/core'
import { earlyStopping, type Trainer } from '@rectified-flow/reflow'
import type { TrainOptions } from '@rectified-flow/reflow/node'
import type { TrainConfig } from './train-config.js'

/** How a run validates, if a part of its data is held out, and when it stops early. */
export function validationOf(
  { validateEvery, validationBatches: batches, patience, minDelta }: TrainConfig,
  heldOut: Coupling | undefined,
): Pick<TrainOptions, 'validateEvery' | 'validate' | 'stopWhen'> {
  if (!heldOut) return {}
  return {
    validateEvery,
    validate: (trainer: Trainer) => trainer.validate(heldOut, { batches }),
    ...(patience !== undefined && { stopWhen: earlyStopping({ patience, minDelta }) }),
  }
}
