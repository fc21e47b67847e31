import type { Choice, Coupling, Rng } from '@rectified-flow/core'
import type { IndexedPairs } from '@rectified-flow/datasets'

/**
 * Pairs that a teacher made before, what Reflow trains on. Every epoch goes through all of them once, in an order of
 * its own; a batch may reach over the end of an epoch.
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
  help: 'the pairs of a store, each once an epoch: a 2-rectified flow',
  options: {},
  needs: ['pairs'],
  make: (_, { pairs, rng }) => storedCoupling(pairs, { rng }),
}
