import { checkInt, checkOptions, type OptionNames } from '@rectified-flow/core'
import { polynomials } from './internal/polynomials.js'
import { checkOrder, checkSum } from './internal/tableau.js'
import { type RungeKutta, type RungeKuttaOptions, rungeKutta, rungeKuttaNames } from './runge-kutta.js'

/** The difference between the results of a method and of one of lower order, h Σ_i weights_i k_i. */
export interface ErrorEstimate {
  /** The order of the other method. */
  readonly order: number
  /** One weight for each stage, and one for the velocity at the step's end. */
  readonly weights: readonly number[]
}

/** The state inside a step, x(t + θh) = x + h Σ_i weights(θ)_i k_i: over the stages, the velocity at the end, extra stages. */
export interface DenseOutput {
  readonly weights: (theta: number) => readonly number[]
  /** More stages, evaluated only if dense output is asked for: their rows of a, and their entries of c. */
  readonly extra?: { readonly a: readonly (readonly number[])[]; readonly c: readonly number[] }
}

/** A Runge-Kutta method that estimates its error. On a fixed grid it is a method like any other. */
export interface EmbeddedPair extends RungeKutta {
  readonly errors: readonly ErrorEstimate[]
  /** q: the error of a step falls as h^(q+1). The step size is chosen by this. */
  readonly errorOrder: number
  /** Makes one number of the sizes of all estimates. */
  readonly errorNorm: (sizes: readonly number[]) => number
  readonly dense: DenseOutput
}

export interface EmbeddedPairOptions extends RungeKuttaOptions {
  errors: readonly ErrorEstimate[]
  /** The first estimate's order by default. */
  errorOrder?: number
  /** The first estimate's size by default. */
  errorNorm?: (sizes: readonly number[]) => number
  /** Cubic Hermite interpolation by default. */
  dense?: DenseOutput
}

const embeddedPairNames: OptionNames<EmbeddedPairOptions> = {
  ...rungeKuttaNames,
  errors: 'required',
  errorOrder: 'optional',
  errorNorm: 'optional',
  dense: 'optional',
}

/**
 * A pair for `solveAdaptive`. The velocity at a step's end is evaluated after the step, and is the next step's first stage;
 * so don't repeat b as the last row of a. Throws if coefficients are inconsistent: as `rungeKutta` does, and also if an
 * embedded result (b minus an estimate's weights) fails the order conditions of its order, or if dense output at θ = 1 is
 * not the step's end.
 */
/* @__NO_SIDE_EFFECTS__ */
export function embeddedPair(options: EmbeddedPairOptions): EmbeddedPair {
  const where = 'ode.embeddedPair'
  checkOptions(where, options, embeddedPairNames)
  const { errors, errorOrder, errorNorm, dense, ...rest } = options
  const method = rungeKutta(rest)
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

/**
 * The cubic that has the states and the velocities of both ends; it works for any method.
 *
 * @param last  the stage whose velocity is that of the end; by default one after all stages
 */
export function hermite(b: readonly number[], last = b.length): DenseOutput['weights'] {
  const row = (bi: number, start: number, end: number) => [
    start,
    3 * bi - 2 * start - end,
    start + end - 2 * bi,
  ]
  const all = last === b.length ? [...b, 0] : b
  return polynomials(all.map((bi, i) => row(bi, i === 0 ? 1 : 0, i === last ? 1 : 0)))
}
