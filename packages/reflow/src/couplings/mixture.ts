import {
  type Coupling,
  checkInt,
  checkKind,
  checkNumber,
  checkOptions,
  checkRng,
  type OptionNames,
  type Pairs,
  type Rng,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

export interface MixturePart<X extends tf.Tensor = tf.Tensor> {
  coupling: Coupling<X>
  /** Share of the pairs that come from this coupling; the shares need not sum to 1. */
  weight: number
}

const partNames: OptionNames<MixturePart> = { coupling: 'required', weight: 'required' }

/**
 * Mixes the pairs of several couplings in every batch, for example a teacher's pairs and pairs of inverted real data. Each
 * coupling's probability p is its share of all weights. A batch of n has floor(n p) or ceil(n p) pairs of it, and n p on
 * average (systematic sampling, which varies less than drawing the coupling of each pair). Every step draws ceil(n p) pairs
 * from each coupling, so that a stored coupling keeps its epochs. If the batch needs one less, the last one is left out.
 *
 * @param rng  step k uses rng.fork(k)
 */
export function mixtureCoupling<X extends tf.Tensor>(
  parts: readonly MixturePart<X>[],
  options: { rng: Rng },
): Coupling<X> {
  const where = 'reflow.mixtureCoupling'
  checkOptions<{ rng: Rng }>(where, options, { rng: 'required' })
  const { rng } = options
  checkRng(where, rng)
  checkKind(where, 'parts', parts, 'a list of { coupling, weight }', ['entries'])
  checkInt(where, 'parts: their count', parts.length, 1)
  for (const [i, part] of parts.entries()) {
    checkOptions(where, part, partNames, `parts[${i}]`)
    checkKind(
      where,
      `parts[${i}].coupling`,
      part.coupling,
      'a coupling such as independentCoupling(data, { rng })',
      ['draw'],
    )
    checkNumber(where, `parts[${i}].weight`, part.weight, 0)
  }
  const total = parts.reduce((sum, { weight }) => sum + weight, 0)
  if (total === 0) throw new RangeError(`${where}: weights must not all be 0, got ${parts.length} zeros.`)
  return {
    async draw(step, batch) {
      const shift = rng.fork(step).uniforms(1)[0]!
      const drawn: Pairs<X>[] = []
      const counts: number[] = []
      try {
        let [covered, taken] = [0, 0]
        for (const [i, { coupling, weight }] of parts.entries()) {
          covered += (weight / total) * batch
          const upTo = i === parts.length - 1 ? batch : Math.min(Math.floor(covered + shift), batch)
          const count = upTo - taken
          taken = upTo
          // Round off float errors before ceil: 0.3 times 10 must give 3, not 4.
          const size = Math.max(Math.ceil(Number(((weight / total) * batch).toFixed(6))), count)
          if (size === 0) continue
          const pairs = await coupling.draw(step, size)
          drawn.push(pairs)
          counts.push(count)
        }
        return join(where, drawn, counts)
      } finally {
        tf.dispose(drawn)
      }
    },
  }
}

/** One batch of the first counts[i] pairs of each coupling i. */
function join<X extends tf.Tensor>(
  where: string,
  drawn: readonly Pairs<X>[],
  counts: readonly number[],
): Pairs<X> {
  const first = <T extends tf.Tensor>(tensors: readonly T[]): T =>
    tf.tidy(() => tf.concat(tensors.map((tensor, i) => tf.slice(tensor, 0, counts[i]!) as T)))
  const labels = drawn.flatMap(pairs => (pairs.labels ? [pairs.labels] : []))
  if (labels.length > 0 && labels.length < drawn.length)
    throw new RangeError(
      `${where}: all couplings must have labels or none, got ${labels.length} of ${drawn.length}.`,
    )
  return {
    x: first(drawn.map(pairs => pairs.x)),
    z: first(drawn.map(pairs => pairs.z)),
    ...(labels.length > 0 && { labels: first(labels) }),
  }
}
