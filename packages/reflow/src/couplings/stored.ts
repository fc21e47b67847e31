import {
  batchOf,
  type Choice,
  type Coupling,
  checkKind,
  checkOptions,
  checkRng,
  checkTensor,
  type Pairs,
  type Rng,
} from '@rectified-flow/core'
import type { IndexedPairs } from '@rectified-flow/datasets'
import type * as tf from '@tensorflow/tfjs-core'
import { rowsOf } from '../internal/rows-of.js'

const WHERE = 'reflow.storedCoupling'

/**
 * Pairs that a teacher made before; Reflow trains on them. Every epoch uses each pair once, in a new order. A batch may
 * contain the end of one epoch and the start of the next.
 *
 *     storedCoupling(await openPairStore('pairs'), { rng })
 *     storedCoupling({ x: sample(field, z, { steps: 32 }).x, z }, { rng })
 *
 * @param pairs  a store, or tensors [N,...]; borrowed for as long as the coupling is used
 */
export function storedCoupling<X extends tf.Tensor>(
  pairs: IndexedPairs<X> | Pairs<X>,
  options: { rng: Rng },
): Coupling<X> {
  checkOptions<{ rng: Rng }>(WHERE, options, { rng: 'required' })
  const { rng } = options
  checkRng(WHERE, rng)
  checkKind(WHERE, 'pairs', pairs, 'a store of pairs, or an object of x and z', [])
  const set = 'batch' in pairs ? pairs : indexed(pairs)
  let order: { epoch: number; indices: Int32Array } = { epoch: -1, indices: new Int32Array(0) }
  return {
    draw(step, batch, { first, count } = { first: 0, count: batch }) {
      const indices = Int32Array.from({ length: count }, (_, i) => {
        const position = step * batch + first + i
        const epoch = Math.floor(position / set.count)
        if (epoch !== order.epoch) order = { epoch, indices: rng.fork(epoch).permutation(set.count) }
        return order.indices[position % set.count]!
      })
      return set.batch(indices)
    },
  }
}

function indexed<X extends tf.Tensor>({ x, z, labels }: Pairs<X>): IndexedPairs<X> {
  checkTensor(WHERE, 'pairs.x', x, ['N', '...'])
  checkTensor(WHERE, 'pairs.z', z, x.shape)
  if (labels) checkTensor(WHERE, 'pairs.labels', labels, [batchOf(x), 'L'])
  return {
    count: batchOf(x),
    batch: indices => ({
      x: rowsOf(x, indices),
      z: rowsOf(z, indices),
      ...(labels && { labels: rowsOf(labels, indices) }),
    }),
  }
}

export const storedChoice: Choice<Coupling, object, { pairs: IndexedPairs; rng: Rng }> = {
  help: 'the pairs of a store, each once in an epoch: trains a 2-rectified flow',
  options: {},
  needs: ['pairs'],
  make: (_, { pairs, rng }) => storedCoupling(pairs, { rng }),
}
