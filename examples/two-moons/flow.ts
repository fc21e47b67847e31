import type { Coupling, Rng } from '@rectified-flow/core'
import { independentCoupling, sample, storedCoupling, Trainer } from '@rectified-flow/reflow'
import { recipe } from '@rectified-flow/reflow/paper'
import * as tf from '@tensorflow/tfjs-core'
import { mlp, type PlaneField } from './mlp.js'
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

/** Train a 1-rectified flow from noise to a point set, and a 2-rectified flow on the pairs that it makes. */
export async function trainFlows(
  set: PointSet,
  rng: Rng,
  { points, steps, batch, teacherSteps }: FlowSettings,
): Promise<readonly [PlaneField, PlaneField]> {
  const net = mlp(rng.fork('weights'))
  const data = tf.tensor2d(set(points, rng.fork('data')), [points, 2])
  const first = await train('B', independentCoupling(data, { rng: rng.fork('pairs') }), steps[0])

  const z = rng.fork('noise').normal([points, 2])
  const { x } = sample(first, z, { steps: teacherSteps })
  // The 2-rectified flow starts from the 1-rectified flow's weights, with the paper's U-shaped times (configuration C).
  const second = await train('C', storedCoupling({ x, z }, { rng: rng.fork('reflow') }), steps[1])
  tf.dispose([data, x, z])
  return [first, second]

  async function train(name: 'B' | 'C', coupling: Coupling<tf.Tensor2D>, count: number): Promise<PlaneField> {
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
