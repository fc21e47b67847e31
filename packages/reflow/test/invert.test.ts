import { alongBatch, createRng, type Field } from '@rectified-flow/core'
import { heun, rk4 } from '@rectified-flow/ode'
import {
  INVERSION_START,
  invert,
  invertTrajectory,
  sample,
  slerp,
  TWO_STEP_GRID,
  translate,
} from '@rectified-flow/reflow'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

const shape = [3, 2, 2, 1]
const normal = (seed: number) => createRng(seed).normal(shape)

/** Straight lines from z to the data scale z + shift. */
function straightTo(scale: number, shift: number): Field {
  return (x, t) =>
    tf.tidy(() => {
      const time = alongBatch(t, x)
      const rest = tf.sub(1, time)
      const z = tf.div(tf.sub(x, tf.mul(rest, shift)), tf.add(tf.mul(rest, scale), time))
      return tf.sub(z, tf.add(tf.mul(z, scale), shift))
    })
}
const dataOf = (z: tf.Tensor, scale: number, shift: number) => tf.add(tf.mul(z, scale), shift)

/** A field of curved paths that throws in its n-th call, and doesn't dispose of its tensors. From the third call on it may be a recording. */
function failing(n: number): Field {
  let calls = 0
  return (x, t) => {
    const made = tf.mul(x, alongBatch(t, x))
    if (++calls === n) throw new Error('no')
    return made
  }
}

describe('invert', () => {
  it.each([
    ['euler', {}, 4],
    ['heun, the last step Euler', { method: heun }, 7],
    ['rk4', { method: rk4, steps: 2 }, 5],
    ['its own grid', { times: [0.01, 0.3, 1] }, 2],
  ])('finds the noise of a straight flow: %s', async (_, options, nfe) => {
    const z = normal(1)
    // With its own noise mixed in, the first state lies on the line.
    const found = invert(straightTo(0.3, 1), dataOf(z, 0.3, 1), { noise: z, ...options })
    expect(found.nfe).toBe(nfe)
    await expectClose(found.z, z, { rtol: 1e-4, atol: 1e-4 }) // near the data the field divides by 0.3, which magnifies rounding
  })

  it('undoes the sampler on a bent flow', async () => {
    const bent: Field = (x, t) => tf.mul(tf.sin(x), alongBatch(t, x))
    const z = normal(2)
    const grid = { steps: 64, method: rk4 }
    const { x } = sample(bent, z, { ...grid, noiseScale: 1 })
    const { z: back } = invert(bent, x, { ...grid, noise: z, startTime: 1e-6 })
    await expectClose(back, z, { rtol: 1e-3, atol: 1e-3 }) // the last steps are Euler's, of 1/64
  })

  it('starts with a little noise, and gives its noise predictions', async () => {
    const [x, noise] = [normal(3), normal(4)]
    const path = invertTrajectory(straightTo(0.5, 0), x, { noise, steps: 2 })
    expect(path.times).toEqual([INVERSION_START, 0.5, 1])
    const mixed = tf.add(tf.mul(x, 1 - INVERSION_START), tf.mul(noise, INVERSION_START))
    await expectClose(path.states[0]!, mixed, f32)
    // On a straight flow every prediction is the end of the path.
    for (const prediction of path.predictions) await expectClose(prediction, path.states[2]!, sum)
  })

  it('leaks nothing, also when the field throws', async () => {
    await expectNoLeak(() => {
      const x = normal(1)
      tf.dispose(invert(straightTo(0.3, 1), x, { noise: x }).z)
      expect(() => invert(failing(2), x, { noise: x, method: heun })).toThrow('no')
      expect(() => invertTrajectory(failing(2), x, { noise: x })).toThrow('no')
      x.dispose()
    })
  })

  it('refuses bad arguments by name', () => {
    const x = normal(1)
    const field = straightTo(0.3, 1)
    expect(() => invert(field, x, { noise: tf.zeros([3, 2]) })).toThrow(
      'reflow.invert: noise must have shape [3,2,2,1], got [3,2].',
    )
    expect(() => invert(field, x, { noise: x, times: [1, 0] })).toThrow(
      'reflow.invert: times must be at least 2 rising numbers in [0, 1], got [1,0].',
    )
    expect(() => invert(field, x, { noise: x, times: [0, 1], steps: 1 })).toThrow(
      'reflow.invert: times must come without steps, got both.',
    )
  })
})

describe('translate', () => {
  it('draws with one field from the noise that another finds', async () => {
    const z = normal(5)
    const [from, to] = [straightTo(0.3, 1), straightTo(0.6, -1)]
    const made = translate(dataOf(z, 0.3, 1), { from, to, noise: z })
    expect(made.nfe).toBe(4 + 2)
    await expectClose(made.z, z, { rtol: 1e-4, atol: 1e-4 })
    await expectClose(made.x, dataOf(z, 0.6, -1), { rtol: 1e-4, atol: 1e-4 })
  })

  it('takes other options for inversion and for sampling', () => {
    const z = normal(5)
    const [from, to] = [straightTo(0.3, 1), straightTo(0.6, -1)]
    const heunBothWays = { inversion: { method: heun }, sampling: { method: heun } }
    expect(translate(z, { from, to, noise: z, ...heunBothWays }).nfe).toBe(7 + 3)
    expect(translate(z, { from, to, noise: z, sampling: { times: TWO_STEP_GRID } }).nfe).toBe(4 + 2)
  })

  it('reconstructs if both fields are the same', async () => {
    const z = normal(6)
    const field = straightTo(0.3, 1)
    const options = { from: field, to: field, noise: z, inversion: { steps: 1 }, sampling: { steps: 1 } }
    await expectClose(translate(dataOf(z, 0.3, 1), options).x, dataOf(z, 0.3, 1), { rtol: 1e-4, atol: 1e-4 })
  })

  it('leaks nothing, also when either field throws', async () => {
    await expectNoLeak(() => {
      const x = normal(1)
      const field = straightTo(0.3, 1)
      const { x: made, z } = translate(x, { from: field, to: field, noise: x })
      tf.dispose([made, z])
      expect(() => translate(x, { from: failing(2), to: field, noise: x })).toThrow('no')
      expect(() => translate(x, { from: field, to: failing(2), noise: x })).toThrow('no')
      x.dispose()
    })
  })
})

describe('slerp', () => {
  it('goes along the arc of each sample', async () => {
    const a = tf.tensor2d([1, 0, 0, 2], [2, 2])
    const b = tf.tensor2d([0, 1, 2, 0], [2, 2])
    const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)]
    await expectClose(slerp(a, b, 1 / 3), tf.tensor2d([c, s, 2 * s, 2 * c], [2, 2]), f32)
    await expectClose(slerp(a, b, 0), a, f32)
    await expectClose(slerp(a, b, 1), b, f32)
  })

  it('is a straight line if there is no angle', async () => {
    const a = normal(7)
    await expectClose(slerp(a, a, 0.3), a, f32)
    const near = tf.add(a, 1e-4)
    await expectClose(slerp(a, near, 0.5), tf.add(a, 5e-5), f32)
  })

  it('keeps the norm of normal noise', async () => {
    const [a, b] = [createRng(8).normal([2, 3000]), createRng(9).normal([2, 3000])]
    const norms = tf.norm(slerp(a, b, 0.5), 2, 1)
    await expectClose(norms, tf.norm(a, 2, 1), { rtol: 0.05, atol: 0 }) // on a straight line it would be 0.71 of that
  })

  it('refuses bad arguments by name', () => {
    expect(() => slerp(normal(1), normal(2), 1.5)).toThrow(
      'reflow.slerp: weight must be a number in [0, 1], got 1.5.',
    )
  })
})
