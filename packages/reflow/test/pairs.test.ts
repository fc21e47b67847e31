import { createRng, type Field } from '@rectified-flow/core'
import { imageDataset, pairSet } from '@rectified-flow/datasets'
import {
  dataPrediction,
  generatePairs,
  independentCoupling,
  interpolate,
  recipe,
  storedCoupling,
} from '@rectified-flow/reflow'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, f32 } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

const SHAPE = [2, 2, 1] as const
/** A teacher whose image is 0.5 z: v = z - x0 = 0.5 z, and x_t = (0.5 + 0.5 t) z. */
const halves: Field = (x, t) => tf.tidy(() => tf.div(x, tf.add(1, tf.reshape(t, [-1, 1, 1, 1]))))

describe('interpolate and dataPrediction', () => {
  it('go from data at t = 0 to noise at t = 1 and back', () => {
    const [x, z] = [createRng(1).normal([3, ...SHAPE]), createRng(2).normal([3, ...SHAPE])]
    const t = tf.tensor1d([0, 0.25, 1])
    const xt = interpolate(x, z, t)
    expectClose(tf.slice(xt, 0, 1), tf.slice(x, 0, 1), exact)
    expectClose(tf.slice(xt, 2, 1), tf.slice(z, 2, 1), f32)
    expectClose(dataPrediction(xt, tf.sub(z, x), t), x, f32)
  })
})

describe('generatePairs', () => {
  const options = { seed: 7, shape: SHAPE, steps: 3 }

  it('makes bytes of what the teacher makes of the noise', async () => {
    const images = await generatePairs(halves, { ...options, count: 4 })
    const { x, z } = pairSet({ images, height: 2, width: 2, channels: 1, seed: 7 }).batch([0, 1, 2, 3])
    // Euler in 3 steps is exact here but for bytes' rounding, 1/255.
    expectClose(x, tf.clipByValue(tf.mul(z, 0.5), -1, 1), { rtol: 0, atol: 1 / 255 + 1e-4 })
  })

  it('makes the same pairs in one go and in parts, in any batch', async () => {
    const whole = await generatePairs(halves, { ...options, count: 5 })
    const head = await generatePairs(halves, { ...options, count: 2 })
    const tail = await generatePairs(halves, { ...options, first: 2, count: 3, batch: 2 })
    expect([...head, ...tail]).toEqual([...whole])
  })

  it('leaks nothing', () =>
    expectNoLeak(async () => void (await generatePairs(halves, { ...options, count: 2 }))))

  it('refuses bad arguments by name', async () => {
    await expect(generatePairs(halves, { ...options, count: 0 })).rejects.toThrow(
      'reflow.generatePairs: count must be an integer >= 1, got 0.',
    )
  })
})

describe('couplings', () => {
  const images = Uint8Array.from({ length: 5 * 4 }, (_, i) => i * 12)
  const data = imageDataset({ images, height: 2, width: 2, channels: 1 })
  const pairs = pairSet({ images, height: 2, width: 2, channels: 1, seed: 1 })

  it.each([
    ['independent', () => independentCoupling(data, { rng: createRng(1) })],
    ['stored', () => storedCoupling(pairs, { rng: createRng(1) })],
  ])('%s: a step has its pairs, whatever was drawn before', async (_, make) => {
    const first = await make().draw(4, 3)
    const other = make()
    await other.draw(0, 3)
    const second = await other.draw(4, 3)
    expectClose(first.x, second.x, exact)
    expectClose(first.z, second.z, exact)
    expect((await other.draw(5, 3)).z.dataSync()).not.toEqual(second.z.dataSync())
  })

  it('stored: an epoch has every pair once', async () => {
    const coupling = storedCoupling(pairs, { rng: createRng(1) })
    const drawn = tf.concat([(await coupling.draw(0, 4)).x, (await coupling.draw(1, 4)).x])
    const firsts = [...(tf.slice(drawn, [0, 0, 0, 0], [5, 1, 1, 1]).dataSync() as Float32Array)]
    const all = [0, 1, 2, 3, 4].map(i => Math.fround((i * 48) / 127.5 - 1))
    expect(firsts.sort((a, b) => a - b)).toEqual(all)
  })

  it('leak nothing but the pairs', () =>
    expectNoLeak(async () => {
      const { x, z } = await storedCoupling(pairs, { rng: createRng(1) }).draw(0, 4)
      tf.dispose([x, z])
    }))
})

describe('recipe', () => {
  it("has the paper's timesteps and losses", () => {
    expect(recipe('B').timesteps.density(0.5)).toBeCloseTo(1, 3)
    expect(recipe('C').timesteps.density(0.5)).toBeCloseTo(0.5514, 3)
    const difference = tf.ones([1, 2, 2, 1])
    const context = { t: tf.tensor1d([0.5]), xt: difference, x: difference }
    const distance = () => tf.tensor1d([2])
    const cost = (name: 'B' | 'D' | 'E' | 'F') =>
      recipe(name, distance).premetric(difference, tf.zerosLike(difference), context).dataSync()[0]!
    const huber = cost('D') // (sqrt(4 + c^2) - c) / 4
    expect(cost('B')).toBeCloseTo(1, 6)
    expect(huber).toBeCloseTo(0.5, 2)
    expect(cost('E')).toBeCloseTo(huber / 2 + 2, 5)
    expect(cost('F')).toBeCloseTo(huber / 2 + 4, 5)
  })

  it('refuses unknown names, and a perceptual recipe without a distance', () => {
    expect(() => recipe('X' as never)).toThrow("reflow.recipe: name must be one of B, C, D, E, F, got 'X'.")
    expect(() => recipe('F')).toThrow('reflow.recipe: distance must be given for recipe F, got undefined.')
  })
})
