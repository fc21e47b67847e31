import { createRng } from '@rectified-flow/core'

/** The random choices of one case: the same for the same seed, target and number. */
export class Dice {
  readonly #rng

  constructor(seed: number, target: string, number: number) {
    this.#rng = createRng(seed).fork(target).fork(number)
  }

  /** An integer in [0, below); 0 if there is none. */
  below(below: number): number {
    return this.#rng.integers(1, Math.max(1, below))[0]!
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }
}
