import type { Rng, Weights } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { WeightEntry, WeightTable } from './weight-table.js'

/** New variables. Each is drawn from its own fork, so it depends only on the seed and its name. */
export function initWeights(table: WeightTable, rng: Rng, trainable = true): Weights {
  return new Map(
    Array.from(table, ([name, entry]) => [
      name,
      tf.tidy(() => tf.variable(tf.tensor(draw(entry, rng.fork(name)), entry.shape), trainable)),
    ]),
  )
}

function draw({ shape, init }: WeightEntry, rng: Rng): Float32Array {
  const size = tf.util.sizeFromShape(shape)
  if ('constant' in init) return new Float32Array(size).fill(init.constant)
  const values = 'normal' in init ? rng.normals(size) : rng.uniforms(size)
  // Loops in place, because a callback for each number would cost half as much as drawing the numbers.
  if ('normal' in init) for (let i = 0; i < size; i++) values[i] = init.normal * values[i]!
  else for (let i = 0; i < size; i++) values[i] = init.uniform * (2 * values[i]! - 1)
  return values
}
