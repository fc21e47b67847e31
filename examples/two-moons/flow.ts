import type { Coupling, Field, Rng } from '@rectified-flow/core'
import { independentCoupling, sample, storedCoupling, Trainer } from '@rectified-flow/reflow'
import { recipe } from '@rectified-flow/reflow/paper'
import * as tf from '@tensorflow/tfjs-core'
import { mlp } from './mlp.js'
import type { PointSet } from './point-sets.js'

export interface FlowSettings {
  /** Number of points to train on, and of pairs for the round of Reflow. */
  points: number
  /** Training steps of the 1-rectified flow and of the 2-rectified flow. */
  steps: readonly [number, number]
  batch: number
  /** Euler steps of the teacher. */
  teacherSteps: number
}

const TRAINING = { learningRate: 2e-3, emaDecay: () => 0.99 }

/** Points as images of one pixel and two channels, [B,1,1,2], because couplings take images. */
export function rows(points: Float32Array, indices: ArrayLike<number>): tf.Tensor4D {
  const out = new Float32Array(2 * indices.length)
  for (let i = 0; i < indices.length; i++) {
    const from = 2 * indices[i]!
    out.set(points.subarray(from, from + 2), 2 * i)
  }
  return tf.tensor4d(out, [indices.length, 1, 1, 2])
}

/** Train a 1-rectified flow from noise to a point set, and a 2-rectified flow on the pairs that it makes. */
export async function trainFlows(
  set: PointSet,
  rng: Rng,
  { points, steps, batch, teacherSteps }: FlowSettings,
): Promise<readonly [Field, Field]> {
  const net = mlp(rng.fork('weights'))
  const data = set(points, rng.fork('data'))
  const independent = independentCoupling(
    { count: points, batch: indices => ({ x: rows(data, indices) }) },
    { rng: rng.fork('pairs') },
  )
  const first = await train('B', independent, steps[0])

  const noise = rng.fork('noise').normals(2 * points)
  const z = tf.tensor4d(noise, [points, 1, 1, 2])
  const { x } = sample(first, z, { steps: teacherSteps })
  const drawn = (await x.data()) as Float32Array
  tf.dispose([x, z])
  const pairs = { count: points, batch: (i: ArrayLike<number>) => ({ x: rows(drawn, i), z: rows(noise, i) }) }
  // The 2-rectified flow starts from the 1-rectified flow's weights, with the paper's U-shaped times (configuration C).
  return [first, await train('C', storedCoupling(pairs, { rng: rng.fork('reflow') }), steps[1])]

  async function train(name: 'B' | 'C', coupling: Coupling, count: number): Promise<Field> {
    const trainer = new Trainer({
      velocity: () => net.velocity(),
      weights: net.weights,
      coupling,
      ...recipe(name),
      ...TRAINING,
      batch,
      rng: rng.fork(name),
    })
    while (trainer.step < count) await trainer.advance()
    for (const [key, average] of trainer.ema) net.weights.get(key)?.assign(average)
    return net.velocity(trainer.ema)
  }
}
