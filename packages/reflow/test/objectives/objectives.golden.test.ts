import { readFileSync } from 'node:fs'
import { type Coupling, centralDifference, createRng, doubleBackward } from '@rectified-flow/core'
import { Trainer } from '@rectified-flow/reflow'
import {
  consistency,
  improvedMeanFlow,
  meanFlow,
  type ObjectiveOptions,
  rectifiedMeanFlow,
  shortcut,
  splitMeanFlow,
} from '@rectified-flow/reflow/objectives'
import { expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { perceptron, variables } from './plane.js'

type Matrix = number[][]
interface Golden {
  made: { shortcutLevels: number }
  given: { x: Matrix; z: Matrix; times: Matrix; w1: Matrix; b1: number[]; w2: Matrix; b2: number[] }
  expected: Record<string, { losses: number[]; gradients: Record<string, tf.TensorLike> }>
}

const path = new URL('../../../../test/golden/objectives/objectives.json', import.meta.url)
const { made, given, expected } = JSON.parse(readFileSync(path, 'utf8')) as Golden
const exactly = { jacobianVector: doubleBackward }
const f32 = 1e-5
/** What the central difference adds, times (t - r) and the weights' slopes. */
const difference = 3e-4

const cases: [string, string, () => ObjectiveOptions, number][] = [
  ['meanFlow', 'double backward', () => meanFlow(exactly), f32],
  ['meanFlow', 'central difference', () => meanFlow(), difference],
  ['improvedMeanFlow', 'double backward', () => improvedMeanFlow(exactly), f32],
  ['improvedMeanFlow', 'central difference', () => improvedMeanFlow(), difference],
  ['rectifiedMeanFlow', 'double backward', () => rectifiedMeanFlow(exactly), f32],
  ['rectifiedMeanFlow', 'central difference', () => rectifiedMeanFlow(), difference],
  ['shortcut', 'no derivative', () => shortcut({ levels: made.shortcutLevels }), f32],
  ['splitMeanFlow', 'no derivative', () => splitMeanFlow(), f32],
  ['consistency', 'no derivative', () => consistency(), f32],
]

describe.each(cases)('%s, %s', (name, _, options, tolerance) => {
  it('has the losses and gradients of PyTorch at the same times', async () => {
    const { x, z, times, ...matrices } = given
    const weights = variables(matrices)
    const coupling: Coupling<tf.Tensor2D> = {
      draw: () => ({ x: tf.tensor2d(x), z: tf.tensor2d(z) }),
    }
    const timesteps = { sample: () => tf.tensor2d(times) }
    // With beta1 = 0 Adam's first moment is the gradient.
    const trainer = new Trainer({
      ...options(),
      timesteps,
      velocity: () => perceptron(weights),
      weights,
      coupling,
      rng: createRng(1),
      batch: x.length,
      beta1: 0,
    })
    const { losses, times: starts } = await trainer.advance()
    const { tensors } = await trainer.state()
    const rtol = tolerance
    await expectClose(losses, expected[name]!.losses, { rtol, atol: tolerance })
    await expectClose(
      starts,
      times.map(([t]) => Math.fround(t!)),
      { rtol: 0, atol: 0 },
    )
    for (const [weight, gradient] of Object.entries(expected[name]!.gradients)) {
      const stored = tensors.get(`m/${weight}`)
      await expectClose(stored!.data, tf.util.flatten(gradient as number[]) as number[], {
        rtol,
        atol: tolerance,
      })
    }
    trainer.dispose()
  })
})

it('is told apart by the product: a coarse difference is not within the tolerance', async () => {
  const { x, z, times, ...matrices } = given
  const weights = variables(matrices)
  const [t, s, r] = tf.unstack(tf.tensor2d(times), 1) as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D]
  const v = tf.sub(tf.tensor2d(z), tf.tensor2d(x))
  const xt = tf.add(tf.tensor2d(x), tf.mul(tf.reshape(t, [-1, 1]), v)) as tf.Tensor2D
  const target = (jacobianVector = centralDifference({ step: 0.3 })) =>
    meanFlow({ jacobianVector }).objective(perceptron(weights), { x: xt, z: xt, xt, v, t, s, r }).target
  const apart = tf.max(tf.abs(tf.sub(target(), target(doubleBackward)))).dataSync()[0]!
  expect(apart).toBeGreaterThan(10 * difference)
})
