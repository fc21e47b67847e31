import {
  type Choice,
  type Coupling,
  checkFunction,
  checkKind,
  checkNumber,
  checkOptions,
  checkTensor,
  type OptionNames,
  type Pairs,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

export interface TruncationOptions<X extends tf.Tensor = tf.Tensor> {
  /** Share of the pairs that are dropped, in [0, 1). */
  drop: number
  /** The pairs with the largest scores [B] are dropped; by default the length |x - z| is the score. */
  score?: (pairs: Pairs<X>) => tf.Tensor1D
}

const truncationNames: OptionNames<TruncationOptions> = { drop: 'required', score: 'optional' }

/**
 * Drop a share of the pairs of every batch: the longest pairs, or those with the largest score. It draws a larger batch, so
 * that `batch` pairs are left. They keep the order in which they were drawn.
 */
export function truncatedCoupling<X extends tf.Tensor>(
  coupling: Coupling<X>,
  options: TruncationOptions<X>,
): Coupling<X> {
  const where = 'reflow.truncatedCoupling'
  checkOptions(where, options, truncationNames)
  const { drop, score = lengths } = options
  checkFunction(where, 'score', score)
  checkKind(where, 'coupling', coupling, 'a coupling such as independentCoupling(data, { rng })', ['draw'])
  checkNumber(where, 'drop', drop, 0, 1 - 1e-6)
  return {
    async draw(step, batch) {
      const pairs = await coupling.draw(step, Math.ceil(batch / (1 - drop)))
      const { x, z, labels } = pairs
      try {
        const kept = await smallest(
          tf.tidy(() => score(pairs)),
          batch,
        )
        const rows = <T extends tf.Tensor>(tensor: T): T =>
          tf.tidy(() => tf.gather(tensor, tf.tensor1d(kept, 'int32')))
        return { x: rows(x), z: rows(z), ...(labels && { labels: rows(labels) }) }
      } finally {
        tf.dispose(pairs)
      }
    },
  }

  /** The indices of the `count` smallest scores, in rising order. Disposes of the scores. */
  async function smallest(scores: tf.Tensor1D, count: number): Promise<Int32Array> {
    try {
      checkTensor(where, 'score', scores, ['B'])
      const values = await scores.data()
      const places = Int32Array.from({ length: values.length }, (_, i) => i)
      const sorted = places.sort((a, b) => values[a]! - values[b]!)
      return sorted.slice(0, count).sort()
    } finally {
      scores.dispose()
    }
  }
}

/** |x - z| of each pair. */
function lengths({ x, z }: Pairs): tf.Tensor1D {
  const axes = x.shape.map((_, i) => i).slice(1)
  return tf.sqrt(tf.sum(tf.square(tf.sub(x, z)), axes)) as tf.Tensor1D
}

export const truncatedChoice: Choice<Coupling, Omit<TruncationOptions, 'score'>, { coupling: Coupling }> = {
  help: 'drops the longest pairs of every batch',
  options: { drop: { type: 'number', help: 'the share of the pairs that is dropped' } },
  needs: ['coupling'],
  make: (options, { coupling }) => truncatedCoupling(coupling, options),
}
