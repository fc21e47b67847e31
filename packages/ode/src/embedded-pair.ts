import { checkInt } from '@rectified-flow/core'
import { polynomials } from './internal/polynomials.js'
import { checkOrder, checkSum } from './internal/tableau.js'
import { type RungeKutta, type RungeKuttaOptions, rungeKutta } from './runge-kutta.js'

/** A difference between a method's result and a lower order's, h Σ_i weights_i k_i. */
export interface ErrorEstimate {
  /** Order of the other result. */
  readonly order: number
  /** One weight for each stage, and one for the velocity at the step's end. */
  readonly weights: readonly number[]
}

/** The state inside of a step, x(t + θh) = x + h Σ_i weights(θ)_i k_i, over the stages, the end's velocity, the extra ones. */
export interface DenseOutput {
  readonly weights: (theta: number) => readonly number[]
  /** Further stages, evaluated only where dense output is asked for: their rows of a, and of c. */
  readonly extra?: { readonly a: readonly (readonly number[])[]; readonly c: readonly number[] }
}

/** A Runge-Kutta method that knows its error: on a fixed grid a method like any other. */
export interface EmbeddedPair extends RungeKutta {
  readonly errors: readonly ErrorEstimate[]
  /** q: the error of a step falls as h^(q+1), by which step sizes are chosen. */
  readonly errorOrder: number
  /** One number from the size of each estimate. */
  readonly errorNorm: (sizes: readonly number[]) => number
  readonly dense: DenseOutput
}

export interface EmbeddedPairOptions extends RungeKuttaOptions {
  errors: readonly ErrorEstimate[]
  /** The first estimate's order unless told. */
  errorOrder?: number
  /** The first estimate's size unless told. */
  errorNorm?: (sizes: readonly number[]) => number
  /** Cubic Hermite interpolation unless told. */
  dense?: DenseOutput
}

/**
 * A pair for `solveAdaptive`. Its velocity at a step's end is evaluated after the step, and is the next step's first; so
 * b is not repeated as a last row of a. Throws where coefficients are inconsistent: as `rungeKutta` does, and where an
 * embedded result (b less an estimate's weights) fails the order conditions of its order, or dense output misses the end.
 */
/* @__NO_SIDE_EFFECTS__ */
export function embeddedPair({
  errors,
  errorOrder,
  errorNorm,
  dense,
  ...options
}: EmbeddedPairOptions): EmbeddedPair {
  const where = 'ode.embeddedPair'
  const method = rungeKutta(options)
  const { a, b } = method.tableau
  checkInt(where, 'errors.length', errors.length, 1)
  for (const [i, { order, weights }] of errors.entries()) {
    const name = `errors[${i}].weights`
    checkInt(where, `${name}.length`, weights.length, b.length + 1, b.length + 1)
    checkSum(where, name, weights, 0)
    const other = weights.map((weight, j) => (b[j] ?? 0) - weight)
    checkOrder(where, `b - ${name}`, [...a, b], other, order)
  }
  const output = dense ?? { weights: hermite(b) }
  const ends = output.weights(1)
  const stages = b.length + 1 + (output.extra?.a.length ?? 0)
  checkInt(where, 'dense.weights(1).length', ends.length, stages, stages)
  for (const [i, value] of ends.entries()) checkSum(where, `dense.weights(1)[${i}]`, [value], b[i] ?? 0)
  return {
    ...method,
    errors,
    errorOrder: errorOrder ?? errors[0]!.order,
    errorNorm: errorNorm ?? (sizes => sizes[0]!),
    dense: output,
  }
}

/** The cubic through both ends with both velocities, for any method. */
function hermite(b: readonly number[]): DenseOutput['weights'] {
  const row = (bi: number, start: number, end: number) => [
    start,
    3 * bi - 2 * start - end,
    start + end - 2 * bi,
  ]
  return polynomials([...b.map((bi, i) => row(bi, i === 0 ? 1 : 0, 0)), row(0, 0, 1)])
}
