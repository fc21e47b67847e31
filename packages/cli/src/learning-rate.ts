import { cosineDecay, linearDecay, type Schedule, warmUp } from '@rectified-flow/reflow'
import type { TrainConfig } from './train-config.js'

const decays = { cosine: cosineDecay, linear: linearDecay }

/** The learning rate of a configuration: it rises in the warm-up, and then stays or falls to 0 at the last step. */
export function learningRateOf({
  learningRate,
  warmup,
  schedule,
  steps,
}: Pick<TrainConfig, 'learningRate' | 'warmup' | 'schedule' | 'steps'>): Schedule {
  const rate =
    schedule === 'constant' ? learningRate : decays[schedule](learningRate, { from: warmup, to: steps })
  return warmUp(rate, { steps: warmup })
}
