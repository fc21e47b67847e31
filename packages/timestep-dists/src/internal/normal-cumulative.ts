const LOG_SQRT_2_PI = 0.5 * Math.log(2 * Math.PI)

/**
 * P(N <= x) of a standard normal N, to 1e-15 absolute: 1/2 + φ(x) (x + x³/3 + x⁵/(3·5) + ...).
 *
 * @see Marsaglia, "Evaluating the normal distribution", J. Stat. Software 11(4), 2004, section 3
 */
export function normalCumulative(x: number): number {
  if (x < -8) return 0 // P is below 6.3e-16
  if (x > 8) return 1
  let term = x
  let sum = 0
  for (let i = 1; sum + term !== sum; ) {
    sum += term
    i += 2
    term *= (x * x) / i
  }
  return 0.5 + sum * Math.exp(-0.5 * x * x - LOG_SQRT_2_PI)
}
