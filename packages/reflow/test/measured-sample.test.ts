import { createRng, type Field } from '@rectified-flow/core'
import { heun, rk4 } from '@rectified-flow/ode'
import { logLikelihood, measuredSample, pairMeasures, sample } from '@rectified-flow/reflow'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'

/** dx/dt = x A' + b, whose divergence is the trace of A everywhere. */
const linear = (a: number[], b: number[] = [0, 0]): Field<tf.Tensor2D> => {
  const [matrix, shift] = [tf.tensor2d(a, [2, 2]), tf.tensor1d(b)]
  return x => tf.tidy(() => tf.add(tf.matMul(x, matrix, false, true), shift))
}
let z: tf.Tensor2D
let probe: tf.Tensor2D
beforeAll(() => {
  z = createRng(1).normal([5, 2]) as tf.Tensor2D
  probe = tf.tensor2d([1, 1, 1, -1, -1, 1, -1, -1, 1, 1], [5, 2])
})

describe('measuredSample', () => {
  it('gives the samples of sample', async () => {
    const field = linear([0.3, -1, 1, 0.2])
    for (const method of [heun, rk4]) {
      const have = measuredSample(field, z, { steps: 6, method, measures: pairMeasures, probe })
      const want = sample(field, z, { steps: 6, method })
      await expectClose(have.x, want.x, sum)
      const once = measuredSample(field, z, { steps: 6, method, measures: [] })
      await expectClose(once.x, want.x, exact)
      expect([once.nfe, have.nfe, once.quality]).toEqual([want.nfe, want.nfe + 6 * ((want.nfe - 1) / 5), {}])
    }
  })

  it('finds a straight path of length 1, which leads back to its noise', async () => {
    const { quality } = measuredSample(linear([0, 0, 0, 0], [3, -4]), z, {
      ...{ steps: 4, measures: pairMeasures, probe },
    })
    await expectClose(quality.length, tf.ones([5]), { rtol: 0, atol: 1e-5 })
    await expectClose(quality.divergence, tf.zeros([5]), exact)
    // The way back misses what is before its start, a thousandth of the velocity 5 but for the noise in it.
    for (const error of quality.inversionError.dataSync()) expect(error).toBeLessThan(0.01)
  })

  it('gives the trace of a linear field as its divergence', async () => {
    // A rotation has e' A e = 0 for any e; for a diagonal matrix any probe gives the trace.
    const diagonal = measuredSample(linear([0.5, 0, 0, -2]), z, { steps: 8, measures: ['divergence'], probe })
    await expectClose(diagonal.quality.divergence, tf.fill([5], -1.5), { rtol: 1e-4, atol: 0 })
    const rotation = measuredSample(linear([0, 1, -1, 0]), z, { steps: 8, measures: ['divergence'], probe })
    await expectClose(rotation.quality.divergence, tf.zeros([5]), { rtol: 0, atol: 1e-6 })
  })

  it('adds to the density of the noise what logLikelihood adds', async () => {
    const field: Field<tf.Tensor2D> = x => tf.sin(tf.mul(x, 2))
    const { x, quality } = measuredSample(field, z, {
      steps: 64,
      method: rk4,
      measures: ['divergence'],
      probe,
    })
    const { logLikelihood: found, z: noise } = logLikelihood(field, x, {
      steps: 64,
      method: rk4,
      divergence: 'exact',
    })
    const ofNoise = tf.mul(tf.add(tf.sum(tf.square(noise), 1), 2 * Math.log(2 * Math.PI)), -0.5)
    await expectClose(tf.sub(found, ofNoise), quality.divergence, { rtol: 1e-2, atol: 1e-2 })
  })

  it('gives the length of an arc over its chord', async () => {
    // A quarter of a circle, in many steps: (pi / 2) / sqrt 2.
    const turn = Math.PI / 2
    const { quality } = measuredSample(linear([0, turn, -turn, 0]), z, {
      steps: 64,
      method: rk4,
      measures: ['length'],
    })
    await expectClose(quality.length, tf.fill([5], Math.PI / 2 / Math.SQRT2), { rtol: 1e-3, atol: 0 })
  })

  it("gives the inversion error of Euler's steps", async () => {
    // dx/dt = x from 1 to 0 and back, n steps each: z becomes (1 - 1/n)^n z and that (1 - 1/n²)^n z.
    const n = 16
    const { quality } = measuredSample(linear([1, 0, 0, 1]), z, { steps: n, measures: ['inversionError'] })
    const size = tf.sqrt(tf.mean(tf.square(z), 1))
    await expectClose(quality.inversionError, tf.mul(size, 1 - (1 - 1 / n ** 2) ** n), {
      rtol: 0.05,
      atol: 0,
    })
    const finer = measuredSample(linear([1, 0, 0, 1]), z, {
      steps: n,
      method: heun,
      measures: ['inversionError'],
    })
    expect(tf.mean(finer.quality.inversionError).dataSync()[0]!).toBeLessThan(
      tf.mean(quality.inversionError).dataSync()[0]! / 4,
    )
  })

  it('leaks nothing, and refuses a divergence without a probe', async () => {
    const field: Field<tf.Tensor2D> = x => tf.sin(x)
    await expectNoLeak(() => {
      const { x, quality } = measuredSample(field, z, { steps: 3, measures: pairMeasures, probe })
      tf.dispose([x, quality])
    })
    expect(() => measuredSample(field, z, { measures: ['divergence'] })).toThrow(
      'reflow.measuredSample: probe must be given for the divergence, got undefined.',
    )
    expect(() => measuredSample(field, z, { measures: ['bend' as 'length'] })).toThrow(
      'reflow.measuredSample: measures[0] must be',
    )
  })
})
