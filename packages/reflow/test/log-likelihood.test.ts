import { alongBatch, createRng, type Field } from '@rectified-flow/core'
import { rk4 } from '@rectified-flow/ode'
import { bitsPerDim, logLikelihood } from '@rectified-flow/reflow'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32 } from '@rectified-flow/tools/matchers'
import { withoutGradients } from '@rectified-flow/tools/without-gradients'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

/**
 * The flow of data N(mean, s²): with q² = t² + (1-t)² s², v = (t - (1-t) s²)/q² (x_t - (1-t) mean) - mean.
 */
function gaussianFlow(mean: number, s: number): Field {
  return (x, t) =>
    tf.tidy(() => {
      const time = alongBatch(t, x)
      const rest = tf.sub(1, time)
      const variance = tf.add(tf.square(time), tf.mul(tf.square(rest), s * s))
      const slope = tf.div(tf.sub(time, tf.mul(rest, s * s)), variance)
      return tf.sub(tf.mul(slope, tf.sub(x, tf.mul(rest, mean))), mean)
    })
}

const gaussianDensity = (x: tf.Tensor, mean: number, s: number) => {
  const dims = x.size / x.shape[0]!
  const squares = tf.sum(tf.reshape(tf.square(tf.div(tf.sub(x, mean), s)), [-1, dims]), 1)
  return tf.sub(tf.mul(squares, -0.5), dims * (Math.log(s) + 0.5 * Math.log(2 * Math.PI)))
}

/** dx/dt = x A, A not symmetric; divergence its trace at any x. */
const A = [
  [0.5, 0.8, -0.3],
  [-0.2, -0.4, 0.6],
  [0.7, 0.1, 0.3],
]
const linear: Field = x => tf.matMul(x as tf.Tensor2D, tf.tensor2d(A))

describe('logLikelihood', () => {
  it.each([
    ['exact', { divergence: 'exact' as const }, 4 * 32 * 4],
    // With random signs e and a diagonal J, e' J e = tr J exactly.
    ['hutchinson', { rng: createRng(1) }, 4 * 32],
    [
      'a grid of its own',
      { rng: createRng(1), times: [1e-5, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1 - 1e-5] },
      4 * 8,
    ],
  ])('of a normal distribution is its log-density: %s', async (_, options, nfe) => {
    const x = tf.add(tf.mul(createRng(2).normal([5, 2, 2, 1]), 0.5), 0.3)
    const found = logLikelihood(gaussianFlow(0.3, 0.5), x, { method: rk4, ...options })
    expect(found.nfe).toBe(nfe)
    await expectClose(found.logLikelihood, gaussianDensity(x, 0.3, 0.5), { rtol: 1e-3, atol: 1e-3 })
    await expectClose(found.z, tf.div(tf.sub(x, 0.3), 0.5), { rtol: 1e-3, atol: 1e-3 })
  })

  it('converges with the number of steps', () => {
    const x = createRng(3).normal([4, 3])
    const error = (steps: number) => {
      const { logLikelihood: found } = logLikelihood(gaussianFlow(0.3, 0.5), x, {
        divergence: 'exact',
        steps,
      })
      return tf.max(tf.abs(tf.sub(found, gaussianDensity(x, 0.3, 0.5)))).dataSync()[0]!
    }
    expect(Math.log2(error(8) / error(16))).toBeGreaterThan(1.5) // heun
  })

  it('takes the trace of a full Jacobian, exactly or on average', () => {
    const x = createRng(4).normal([1, 3])
    const span: [number, number] = [0, 1]
    const value = (options: object) =>
      logLikelihood(linear, x, { method: rk4, span, ...options }).logLikelihood.dataSync()[0]!
    const exact = value({ divergence: 'exact' })
    const z = tf.squeeze(logLikelihood(linear, x, { method: rk4, span, divergence: 'exact' }).z)
    const trace = 0.5 - 0.4 + 0.3
    const squares = tf.sum(tf.square(z)).dataSync()[0]!
    expect(exact).toBeCloseTo(-0.5 * squares - 1.5 * Math.log(2 * Math.PI) + trace, 4)
    for (const probe of ['rademacher', 'gaussian']) {
      // The same sample 200 times gives 200 estimates.
      const many = logLikelihood(linear, tf.tile(x, [200, 1]), {
        span,
        steps: 8,
        method: rk4,
        probes: 2,
        probe: probe as 'gaussian',
        rng: createRng(5),
      }).logLikelihood
      const { mean, variance } = tf.moments(many)
      const standardError = Math.sqrt(variance.dataSync()[0]! / 200)
      expect(Math.abs(mean.dataSync()[0]! - exact)).toBeLessThan(5 * standardError)
      expect(standardError).toBeGreaterThan(0.01) // it is an estimate
    }
  })

  it('leaks nothing, also when the field throws', async () => {
    await expectNoLeak(() => {
      const x = createRng(1).normal([2, 3])
      const options = { steps: 2, rng: createRng(1) }
      const found = logLikelihood(gaussianFlow(0, 1), x, options)
      tf.dispose([found.logLikelihood, found.z])
      let calls = 0
      const failing: Field = x => {
        const made = tf.mul(x, 2)
        if (++calls === 3) throw new Error('no')
        return made
      }
      expect(() => logLikelihood(failing, x, options)).toThrow('no')
      x.dispose()
    })
  })

  it('refuses bad arguments by name', () => {
    expect(() => logLikelihood(linear, tf.zeros([2, 3]), {})).toThrow(
      "reflow.logLikelihood: rng must be given for divergence 'hutchinson', got undefined.",
    )
    withoutGradients(() =>
      expect(() => logLikelihood(linear, tf.zeros([2, 3]), { divergence: 'exact' })).toThrow(
        'reflow.logLikelihood: gradients must be registered, got none.',
      ),
    )
  })

  it('takes a field that ignores its input: its divergence is 0', async () => {
    const x = createRng(6).normal([2, 3])
    const still = logLikelihood(tf.zerosLike, x, { divergence: 'exact', steps: 2 })
    await expectClose(still.logLikelihood, gaussianDensity(x, 0, 1), f32)
  })
})

describe('bitsPerDim', () => {
  it('is 8 bits for uniform bytes', async () => {
    // Uniform over [-1, 1) of 256 levels of 1/127.5: density 127.5/256 in each dimension.
    const flat = tf.tensor1d([12 * Math.log(127.5 / 256)])
    await expectClose(bitsPerDim(flat, 12), [8], f32)
    await expectClose(bitsPerDim(flat, 12, { levelWidth: 2 / 127.5 }), [7], f32)
  })
})
