import { TimeBins } from '@rectified-flow/losses-lpips-huber'
import type { TrainerStep } from '../../trainer-step.js'

/** Running means over the steps since the last line of a log. */
export class Interval {
  #steps = 0
  #good = 0
  #loss = 0
  #norm = 0
  readonly #bins: TimeBins
  readonly #begin = performance.now()

  constructor(binCount: number) {
    this.#bins = new TimeBins(binCount)
  }

  add({ loss, gradientNorm, skipped, times, losses }: TrainerStep): void {
    this.#steps++
    if (skipped) return
    this.#good++
    this.#loss += loss
    this.#norm += gradientNorm
    this.#bins.add(times, losses)
  }

  /** Mean loss; NaN if every step was skipped. */
  get meanLoss(): number {
    return this.#loss / this.#good
  }

  summary() {
    return {
      steps: this.#steps,
      skipped: this.#steps - this.#good,
      loss: this.meanLoss,
      gradientNorm: this.#norm / this.#good,
      msPerStep: (performance.now() - this.#begin) / this.#steps,
      lossByTime: this.#bins.bins().map(({ mean }) => mean),
    }
  }
}
