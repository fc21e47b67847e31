import {
  type ChoiceOption,
  checkBackend,
  checkInt,
  checkKind,
  checkNumber,
  type Rng,
  type TimestepDistribution,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

export interface SqueezeOptions {
  /** Times are in [epsilon, 1 - epsilon], so that 1/t and 1/(1 - t) are finite. */
  epsilon?: number
}

export const epsilonOption: ChoiceOption<number> = {
  type: 'number',
  default: 1e-5,
  help: 'times are in [epsilon, 1 - epsilon]',
}

/** A distribution of u on [0, 1]. */
interface UnitDistribution {
  /** The random numbers that `sample` maps to u: uniform by default. */
  source?: 'uniforms' | 'normals'
  sample(random: number): number
  /** p(u), for u in [0, 1]. */
  density(u: number): number
  /** P(U <= u), for u in (0, 1). */
  cumulative(u: number): number
}

// Sampled times are rounded to float32, so they may be this far outside the support.
const ROUNDING = 2 ** -24

/** The distribution of t = u (1 - 2 epsilon) + epsilon: computed in float64, rounded once to float32. */
export function squeezed(
  where: string,
  epsilon: number,
  { source = 'uniforms', sample, density, cumulative }: UnitDistribution,
): TimestepDistribution {
  checkNumber(where, 'epsilon', epsilon, 0, 0.1)
  const width = 1 - 2 * epsilon
  const toUnit = (t: number) => Math.min(Math.max((t - epsilon) / width, 0), 1)
  return {
    sample(n: number, rng: Rng) {
      checkBackend(`${where}.sample`)
      checkInt(`${where}.sample`, 'n', n, 1)
      checkKind(`${where}.sample`, 'rng', rng, 'an Rng such as createRng(0)', [source])
      return tf.tensor1d(rng[source](n).map(random => sample(random) * width + epsilon))
    },
    density(t: number) {
      if (t < epsilon - ROUNDING || t > 1 - epsilon + ROUNDING) return 0
      return density(toUnit(t)) / width
    },
    cumulative(t: number) {
      const u = toUnit(t)
      return u === 0 || u === 1 ? u : cumulative(u)
    },
  }
}
