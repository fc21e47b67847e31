import { alongBatch, createRng, type Field } from '@rectified-flow/core'
import { ab4, euler, heun, midpoint, rk4 } from '@rectified-flow/ode'
import {
  START_TIME,
  sample,
  sampler,
  sampleTrajectory,
  straightness,
  TWO_STEP_GRID,
} from '@rectified-flow/reflow'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

const noise = () => createRng(1).normal([3, 2, 2, 1])
/** Straight lines from z to the data 0.3 z + 1. From any point of a line follow z and v = z - x0. */
const straight: Field = (x, t) => {
  const time = alongBatch(t, x)
  // x = (1 - t)(0.3 z + 1) + t z
  const z = tf.div(tf.sub(x, tf.sub(1, time)), tf.add(tf.mul(tf.sub(1, time), 0.3), time))
  return tf.sub(z, tf.add(tf.mul(z, 0.3), 1))
}
/** dx/dt = x: from 1 to t it grows by e^(t-1). */
const exponential: Field = x => tf.clone(x)

describe('sample', () => {
  it.each([
    ['euler', { steps: 1 }, 1],
    ['euler', { steps: 5 }, 5],
    ['heun', { steps: 3, method: heun }, 5],
    ['midpoint', { steps: 3, method: midpoint }, 5],
    ['rk4', { steps: 3, method: rk4 }, 9],
    ['ab4, three starts of 4 calls, then 1', { steps: 6, method: ab4 }, 15],
    ['every step of the method', { steps: 3, method: rk4, endTime: 1e-5 }, 12],
    ['reinterpolate', { steps: 4, rule: 'reinterpolate' as const }, 4],
    ['two steps', { times: TWO_STEP_GRID }, 2],
  ])('draws a straight flow exactly: %s', async (_, options, nfe) => {
    const z = noise()
    const { x, nfe: calls } = sample(straight, z, options)
    expect(calls).toBe(nfe)
    await expectClose(x, tf.add(tf.mul(z, 0.3), 1), { rtol: 1e-4, atol: 1e-4 })
  })

  it('has the order of its method', () => {
    const z = tf.ones([1, 1])
    const error = (steps: number, method: typeof euler) => {
      // Not down to t = 0, because there the last step is Euler's for every method.
      const times = Array.from({ length: steps + 1 }, (_, i) => 1 - (0.8 * i) / steps)
      return Math.abs(sample(exponential, z, { times, method }).x.dataSync()[0]! - Math.exp(-0.8))
    }
    expect(Math.log2(error(8, euler) / error(16, euler))).toBeCloseTo(1, 0)
    expect(Math.log2(error(8, heun) / error(16, heun))).toBeCloseTo(2, 0)
  })

  it('gives each state and its data prediction', async () => {
    const seen: number[] = []
    const predictions: tf.Tensor[] = []
    sample(straight, noise(), {
      steps: 4,
      onStep: ({ prediction, t, step, nfe }) => {
        expect(step).toBe(nfe)
        seen.push(t)
        predictions.push(tf.clone(prediction))
      },
    })
    expect(seen).toEqual([0.75, 0.5, 0.25, 0])
    for (const prediction of predictions)
      await expectClose(prediction, tf.add(tf.mul(noise(), 0.3), 1), { rtol: 1e-4, atol: 1e-4 })
  })

  it('starts at the given time and state', async () => {
    const z = noise()
    const usual = sampleTrajectory(straight, z, { steps: 2 })
    expect(usual.times).toEqual([START_TIME, 0.5, 0])
    await expectClose(usual.states[0]!, tf.mul(z, START_TIME), f32)
    const told = sampleTrajectory(straight, z, { steps: 2, startTime: 0.9, endTime: 0.2, noiseScale: 2 })
    expect(told.times).toEqual([0.9, 0.6, 0.2])
    await expectClose(told.states[0]!, tf.mul(z, 2), f32)
  })

  it('goes back to the initial noise by the new rule', async () => {
    const z = noise()
    const path = sampleTrajectory(exponential, z, { steps: 4, rule: 'reinterpolate' })
    for (const i of [1, 2, 3]) {
      const t = path.times[i]!
      const expected = tf.add(tf.mul(path.predictions[i - 1]!, 1 - t), tf.mul(z, t))
      await expectClose(path.states[i]!, expected, sum)
    }
  })

  it('draws a sample alone as in a batch', async () => {
    const z = noise()
    const all = sample(straight, z, { steps: 2 }).x
    const one = sample(straight, tf.slice(z, 1, 1), { steps: 2 }).x
    await expectClose(one, tf.slice(all, 1, 1), f32)
  })

  it('leaks nothing, also when the loop breaks or the field throws', async () => {
    await expectNoLeak(() => {
      const z = noise()
      sample(straight, z, { steps: 2, rule: 'reinterpolate' }).x.dispose()
      const path = sampleTrajectory(straight, z, { steps: 3, method: heun })
      tf.dispose([path.states, path.predictions] as never)
      for (const _ of sampler(straight, z, { steps: 3 })) break
      const failing = (): Field => {
        let calls = 0
        return (x, t) => {
          if (++calls === 2) throw new Error('no')
          return tf.tidy(() => straight(x, t))
        }
      }
      expect(() => sample(failing(), z, { steps: 3 })).toThrow('no')
      expect(() => sampleTrajectory(failing(), z, { steps: 3, rule: 'reinterpolate' })).toThrow('no')
      z.dispose()
    })
  })

  it('refuses bad arguments by name', () => {
    const z = noise()
    expect(() => sample(straight, z, { steps: 0 })).toThrow(
      'reflow.sample: steps must be an integer >= 1, got 0.',
    )
    expect(() => sample(straight, z, { times: [0.5, 0.8] })).toThrow(
      'reflow.sample: times must be at least 2 falling numbers in [0, 1], got [0.5,0.8].',
    )
    expect(() => sample(straight, z, { steps: 4, startTime: 0.7 })).toThrow(
      'reflow.sample: times must be at least 2 falling numbers in [0, 1], got [0.7,0.75,0.5,0.25,0].',
    )
    expect(() => sample(straight, z, { times: TWO_STEP_GRID, steps: 2, endTime: 0 })).toThrow(
      'reflow.sample: times must come without steps and endTime, got both.',
    )
    expect(() => sample(straight, z, { rule: 'new' as never })).toThrow(
      "reflow.sample: rule must be one of euler, reinterpolate, got 'new'.",
    )
    expect(() => sample(straight, z, { method: rk4, rule: 'reinterpolate' })).toThrow(
      "reflow.sample: method must be euler or heun with rule 'reinterpolate', got rk4.",
    )
    expect(() => sample(straight, z, { method: 'heun' as never })).toThrow(
      "reflow.sample: method must be a method such as heun, got 'heun'.",
    )
    expect(() => sample(undefined as never, z)).toThrow(
      'reflow.sample: field must be a function, got undefined.',
    )
    expect(() => sample(straight, tf.scalar(1))).toThrow('reflow.sample: z must have shape [B,...], got [].')
  })
})

describe('straightness', () => {
  it('is 0 for a straight path and grows with its bend', async () => {
    const z = noise()
    const line = [tf.mul(z, START_TIME), tf.mul(z, 0.5), tf.mul(z, 0)]
    await expectClose(straightness(line), [0, 0, 0], { rtol: 0, atol: 1e-6 })
    // The middle state is moved by d: both steps differ by 2 d, so the result is 4 d^2.
    const bent = [tf.mul(z, 1), tf.add(tf.mul(z, 0.5), 0.1), tf.mul(z, 0)]
    await expectClose(straightness(bent), [0.04, 0.04, 0.04], sum)
  })

  it('refuses a single state', () => {
    expect(() => straightness([noise()])).toThrow(
      'reflow.straightness: states must hold at least 2 states, got 1.',
    )
  })
})
