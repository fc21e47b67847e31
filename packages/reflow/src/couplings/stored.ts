import type { Choice, Coupling, Rng } from '@rectified-flow/core'
import type { IndexedPairs } from '@rectified-flow/datasets'

/**
 * Pairs that a teacher made before; Reflow trains on them. Every epoch uses each pair once, in a new order. A batch may
 * contain the end of one epoch and the start of the next.
 */
export function storedCoupling(pairs: IndexedPairs, { rng }: { rng: Rng }): Coupling {
  let order: { epoch: number; indices: Int32Array } = { epoch: -1, indices: new Int32Array(0) }
  return {
    async draw(step, batch) {
      const indices = Int32Array.from({ length: batch }, (_, i) => {
        const position = step * batch + i
        const epoch = Math.floor(position / pairs.count)
        if (epoch !== order.epoch) order = { epoch, indices: rng.fork(epoch).permutation(pairs.count) }
        return order.indices[position % pairs.count]!
      })
      return pairs.batch(indices)
    },
  }
}

export const storedChoice: Choice<Coupling, object, { pairs: IndexedPairs; rng: Rng }> = {
  help: 'the pairs of a store, each once in an epoch: trains a 2-rectified flow',
  options: {},
  needs: ['pairs'],
  make: (_, { pairs, rng }) => storedCoupling(pairs, { rng }),
}
