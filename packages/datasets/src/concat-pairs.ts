import { checkInt, type Pairs } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { IndexedPairs } from './pair-source.js'

/** Several sets of pairs as one. Nothing is copied; the pairs of the second set come after those of the first. */
export function concatPairs<X extends tf.Tensor>(
  sets: readonly IndexedPairs<X>[],
): { count: number; batch(indices: ArrayLike<number>): Promise<Pairs<X>> } {
  const starts = [0]
  for (const { count } of sets) starts.push((starts.at(-1) as number) + count)
  const count = starts.pop()!
  checkInt('datasets.concatPairs', 'sets: their count', count, 1)
  return {
    count,
    async batch(indices) {
      const places = sets.map((): number[] => [])
      for (let i = 0; i < indices.length; i++) {
        const index = indices[i]!
        checkInt('datasets.batch', `indices[${i}]`, index, 0, count - 1)
        places[starts.findLastIndex(start => start <= index)]?.push(i)
      }
      const parts: Pairs<X>[] = []
      try {
        for (const [s, set] of sets.entries()) {
          const mine = places[s]!
          if (mine.length > 0) parts.push(await set.batch(mine.map(i => indices[i]! - starts[s]!)))
        }
        return inOrder(parts, places.flat())
      } finally {
        tf.dispose(parts)
      }
    },
  }
}

/** Concatenate the parts and move row i to places[i]. */
function inOrder<X extends tf.Tensor>(parts: readonly Pairs<X>[], places: readonly number[]): Pairs<X> {
  const rowOf = new Int32Array(places.length)
  for (const [row, place] of places.entries()) rowOf[place] = row
  const gather = <T extends tf.Tensor>(tensors: readonly T[]): T =>
    tf.tidy(() => tf.gather(tf.concat([...tensors]), tf.tensor1d(rowOf, 'int32')))
  const labels = parts.map(part => part.labels).filter(label => label !== undefined)
  return {
    x: gather(parts.map(part => part.x)),
    z: gather(parts.map(part => part.z)),
    ...(labels.length === parts.length && { labels: gather(labels) }),
  }
}
