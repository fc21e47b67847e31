import type { WordPlace } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Eager, Value } from '../eager.js'
import { composed } from '../kernel.js'

/** Where random words are, as an input: it differs from call to call, and attributes are a part of a graph. */
const placeOf = (ops: Eager, { key, counter }: WordPlace): Value => ops.words([...key, ...counter])

export const dropout = composed<'Dropout'>((ops, { x }, { place, dropped }) => ({
  y: ops.run('RectifiedFlowDropout', [ops.of(x), placeOf(ops, place)], { dropped }),
}))

export const randomNormal = composed<'RandomNormal'>((ops, _, { place, shape }) => {
  const size = tf.util.sizeFromShape([...shape])
  return { y: ops.reshape(ops.run('RectifiedFlowNormal', [placeOf(ops, place)], { size }), shape) }
})

export const indexedNormal = composed<'IndexedNormal'>((ops, { indices }, { place, shape }) => {
  const size = tf.util.sizeFromShape([...shape])
  const y = ops.run('RectifiedFlowIndexedNormal', [ops.of(indices), placeOf(ops, place)], { size })
  return { y: ops.reshape(y, [indices.shape[0], ...shape]) }
})
