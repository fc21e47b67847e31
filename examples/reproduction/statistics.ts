/** A mean over seeds, its standard error, and the number of seeds. */
export interface Estimate {
  mean: number
  error: number
  count: number
}

export function estimate(values: readonly number[]): Estimate {
  const count = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1)
  return { mean, error: Math.sqrt(variance / count), count }
}

/** The mean of a - b, seed by seed: the influence of the pairs and the noise, which both share, cancels. */
export function pairedDifference(a: readonly number[], b: readonly number[]): Estimate {
  return estimate(a.map((value, i) => value - b[i]!))
}

/** Student's t, 97.5 % quantile, for 1 to 9 degrees of freedom. */
const T975 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262]

/** -1 where the 95 % interval of a mean lies below 0, 1 where it lies above 0, and 0 where it contains 0. */
export function sideOfZero({ mean, error, count }: Estimate): -1 | 0 | 1 {
  const reach = (T975[count - 2] ?? 1.96) * error
  if (mean + reach < 0) return -1
  return mean - reach > 0 ? 1 : 0
}
