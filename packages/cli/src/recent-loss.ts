import type { TrainerStep } from '@rectified-flow/reflow'

/** The share of the past in the mean, which spans about 50 steps. */
const DECAY = 0.98

/** The running mean of a training's losses, corrected for the bias at its start. Skipped steps have no loss. */
export function recentLoss(): {
  add(step: Pick<TrainerStep, 'loss' | 'skipped'>): void
  readonly note: string
} {
  let [mean, weight] = [0, 0]
  return {
    add({ loss, skipped }) {
      if (skipped) return
      mean = DECAY * mean + (1 - DECAY) * loss
      weight = DECAY * weight + (1 - DECAY)
    },
    get note() {
      return weight > 0 ? `loss ${(mean / weight).toPrecision(4)}` : ''
    },
  }
}
