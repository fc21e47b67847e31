import { checkInt, describe } from '@rectified-flow/core'

/** The losses in one interval of time: how many, their mean and their standard deviation (NaN if there are none). */
export interface TimeBin {
  from: number
  to: number
  count: number
  mean: number
  deviation: number
}

/**
 * Losses by time: running statistics over equal intervals of [0, 1], on the host, in float64. They show at which times the
 * loss is large: draw these times more often, or weigh them less.
 */
export class TimeBins {
  readonly #counts: Float64Array
  readonly #means: Float64Array
  /** Sums of squared deviations from the mean. */
  readonly #squares: Float64Array

  /** @param bins  how many intervals */
  constructor(bins = 10) {
    checkInt('losses-lpips-huber.TimeBins', 'bins', bins, 1)
    this.#counts = new Float64Array(bins)
    this.#means = new Float64Array(bins)
    this.#squares = new Float64Array(bins)
  }

  /**
   * Add losses at their times. A loss that is not finite is added too: the mean of its bin shows it.
   *
   * @param t       times in [0, 1], [B], as `await tensor.data()` gives them
   * @param losses  one per time
   */
  add(t: ArrayLike<number>, losses: ArrayLike<number>): void {
    const where = 'losses-lpips-huber.TimeBins.add'
    if (losses.length !== t.length)
      throw new RangeError(`${where}: losses must have length ${t.length}, got ${losses.length}.`)
    const places = Array.from(t, (time, i) => {
      if (time >= 0 && time <= 1)
        return Math.min(Math.floor(time * this.#counts.length), this.#counts.length - 1)
      throw new RangeError(`${where}: t must be in [0, 1], got ${describe(time)} at index ${i}.`)
    })
    for (const [i, bin] of places.entries()) this.#combine(bin, 1, losses[i]!, 0)
  }

  /** Add the losses of another TimeBins: of another worker, or of an earlier run. */
  merge(other: TimeBins): void {
    if (!(other instanceof TimeBins))
      throw new TypeError(
        `losses-lpips-huber.TimeBins.merge: other must be a TimeBins, got ${describe(other)}.`,
      )
    const bins = other.#counts.length
    if (bins !== this.#counts.length)
      throw new RangeError(
        `losses-lpips-huber.TimeBins.merge: other must have ${this.#counts.length} bins, got ${bins}.`,
      )
    for (let i = 0; i < bins; i++) this.#combine(i, other.#counts[i]!, other.#means[i]!, other.#squares[i]!)
  }

  /** Chan, Golub and LeVeque's update of a mean and a sum of squared deviations by those of another set. */
  #combine(bin: number, count: number, mean: number, squares: number): void {
    if (count === 0) return
    const before = this.#counts[bin]!
    const total = before + count
    const difference = mean - this.#means[bin]!
    this.#counts[bin] = total
    this.#means[bin] = this.#means[bin]! + (difference * count) / total
    this.#squares[bin] = this.#squares[bin]! + squares + (difference ** 2 * before * count) / total
  }

  /** The bins, from t = 0 on. */
  bins(): TimeBin[] {
    const n = this.#counts.length
    return Array.from(this.#counts, (count, i) => ({
      from: i / n,
      to: (i + 1) / n,
      count,
      mean: count > 0 ? this.#means[i]! : NaN,
      deviation: count > 0 ? Math.sqrt(this.#squares[i]! / count) : NaN,
    }))
  }
}
