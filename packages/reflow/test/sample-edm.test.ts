import { alongBatch, createRng, type Denoiser } from '@rectified-flow/core'
import { sampleEdm } from '@rectified-flow/reflow'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32 } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

const noise = (seed: number, batch = 2): tf.Tensor4D => createRng(seed).normal([batch, 4, 4, 1])

/** The denoiser of data N(mean, s²): the posterior mean (s² x + σ² mean)/(s² + σ²). */
function gaussian(mean: number, s: number): Denoiser {
  return (x, sigma) =>
    tf.tidy(() => {
      const variance = alongBatch(tf.square(sigma), x)
      const sum = tf.add(tf.mul(x, s * s), tf.mul(variance, mean))
      return tf.div(sum, tf.add(variance, s * s)) as tf.Tensor4D
    })
}

/** Where the exact flow of these data takes z from σmax: mean + (80 z - mean) s/sqrt(s² + 80²). */
const exact = (z: tf.Tensor, mean: number, s: number) =>
  tf.add(tf.mul(tf.sub(tf.mul(z, 80), mean), s / Math.sqrt(s * s + 6400)), mean)

describe('sampleEdm', () => {
  it('converges to the exact flow of a normal distribution, with order 2', () => {
    const z = noise(1)
    const error = (steps: number) =>
      tf.max(tf.abs(tf.sub(sampleEdm(gaussian(0.3, 0.5), z, { steps }).x, exact(z, 0.3, 0.5)))).dataSync()[0]!
    expect(error(64)).toBeLessThan(5e-3)
    expect(Math.log2(error(32) / error(64))).toBeGreaterThan(1.8)
  })

  it('counts its calls', () => {
    const z = noise(1)
    expect(sampleEdm(gaussian(0, 1), z).nfe).toBe(35)
    expect(sampleEdm(gaussian(0, 1), z, { steps: 40 }).nfe).toBe(79)
    expect(sampleEdm(gaussian(0, 1), z, { steps: 18, method: 'euler' }).nfe).toBe(18)
    expect(sampleEdm(gaussian(0, 1), z, { steps: 1 }).nfe).toBe(1)
  })

  it('keeps the distribution with churn, and repeats it with the same rng', async () => {
    const z = noise(2, 400)
    const draw = (seed: number) =>
      sampleEdm(gaussian(0.3, 0.5), z, {
        steps: 32,
        churn: { amount: 20, sigmaMin: 0.05, sigmaMax: 50, scale: 1.003, rng: createRng(seed) },
      }).x
    const x = draw(1)
    const { mean, variance } = tf.moments(x)
    await expectClose(mean, 0.3, { rtol: 0, atol: 5 * (0.5 / 80) }) // 6,400 numbers: 5 standard errors
    await expectClose(variance, 0.25, { rtol: 0, atol: 5 * 0.25 * Math.sqrt(2 / 6400) + 0.005 }) // plus what `scale` adds
    await expectClose(draw(1), x, { rtol: 0, atol: 0 })
    // Another seed gives other samples, though z is the same.
    expect(tf.mean(tf.abs(tf.sub(draw(2), x))).dataSync()[0]).toBeGreaterThan(0.1)
  })

  it('does not churn outside of its levels', async () => {
    const z = noise(3)
    const churn = { amount: 20, sigmaMin: 200, rng: createRng(1) }
    await expectClose(sampleEdm(gaussian(0, 1), z, { churn }).x, sampleEdm(gaussian(0, 1), z).x, f32)
  })

  it('draws a sample alone as in a batch', async () => {
    const z = noise(4)
    const all = sampleEdm(gaussian(0, 1), z).x
    await expectClose(sampleEdm(gaussian(0, 1), tf.slice(z, 1, 1)).x, tf.slice(all, 1, 1), f32)
  })

  it('leaks nothing, also when the denoiser or a step throws', async () => {
    await expectNoLeak(() => {
      const z = noise(1)
      sampleEdm(gaussian(0, 1), z, { churn: { amount: 5, rng: createRng(1) } }).x.dispose()
      let calls = 0
      const failing: Denoiser = (x, sigma) => {
        const made = tf.add(x, tf.max(sigma)) as tf.Tensor4D
        if (++calls === 2) throw new Error('no')
        return made
      }
      expect(() => sampleEdm(failing, z)).toThrow('no')
      const onStep = () => {
        throw new Error('stop')
      }
      expect(() => sampleEdm(gaussian(0, 1), z, { onStep })).toThrow('stop')
      z.dispose()
    })
  })

  it('refuses bad arguments by name', () => {
    expect(() => sampleEdm(gaussian(0, 1), noise(1), { steps: 0 })).toThrow(
      'reflow.sampleEdm: steps must be an integer >= 1, got 0.',
    )
    expect(() => sampleEdm(gaussian(0, 1), noise(1), { sigmaMin: 0 })).toThrow(
      'reflow.sampleEdm: sigmaMin must be a finite number >= 5e-324, got 0.',
    )
    expect(() => sampleEdm(gaussian(0, 1), noise(1), { sigmaMin: 90 })).toThrow(
      'reflow.sampleEdm: sigmaMax must be a finite number >= 90, got 80.',
    )
  })
})
