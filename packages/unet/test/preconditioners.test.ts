import { alongBatch, createRng, type Rng } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, sum } from '@rectified-flow/tools/matchers'
import {
  denoiser,
  edm,
  iddpm,
  type Network,
  networkDenoiser,
  networkVelocity,
  type Preconditioner,
  score,
  ve,
  velocity,
  vp,
} from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

/** The data are independent N(0, S²), so that everything has a closed form. */
const S = 0.7
const VARIANCE = S ** 2
const rng: Rng = createRng(1)

/** Levels of iDDPM as in EDM's paper, table 1. */
function levels(): number[] {
  const a = (j: number) => Math.sin(((Math.PI / 2) * j) / (1000 * 1.008)) ** 2
  const u = new Array<number>(1001).fill(0)
  for (let j = 1000; j > 0; j--) u[j - 1] = Math.sqrt((u[j]! ** 2 + 1) / Math.max(a(j - 1) / a(j), 0.001) - 1)
  return u
}
const u = levels()

/** A preconditioner, sigma from its noise label, and k such that F = k c_in x gives the best denoiser, in float64. */
const cases: [Preconditioner, (label: number) => number, (sigma: number) => number][] = [
  [
    edm(),
    c => Math.exp(4 * c),
    s => (VARIANCE / (VARIANCE + s ** 2) - 0.25 / (0.25 + s ** 2)) * ((0.25 + s ** 2) / (0.5 * s)),
  ],
  [
    vp(),
    c => Math.sqrt(Math.expm1(0.5 * 19.9 * (c / 999) ** 2 + 0.1 * (c / 999))),
    s => (s * Math.sqrt(1 + s ** 2)) / (VARIANCE + s ** 2),
  ],
  [ve(), c => 2 * Math.exp(c), s => -s / (VARIANCE + s ** 2)],
  [iddpm(), c => u[999 - c]!, s => (s * Math.sqrt(1 + s ** 2)) / (VARIANCE + s ** 2)],
]

/** The best network for such data. */
function gaussianNet(sigmaOf: (label: number) => number, factor: (sigma: number) => number): Network {
  return {
    weights: new Map(),
    forward: (x, labels) =>
      tf.tidy(() => {
        const factors = Array.from(labels.dataSync(), label => factor(sigmaOf(label)))
        return tf.mul(x, alongBatch(tf.tensor1d(factors), x))
      }),
  }
}

/** v = (t - (1-t) S²) x / ((1-t)² S² + t²), in float64. */
const exactVelocity = (x: number, t: number) =>
  (x * (t - (1 - t) * VARIANCE)) / ((1 - t) ** 2 * VARIANCE + t ** 2)

const imagesOf = (n: number) => rng.normal([n, 2, 2, 1])

describe.each(
  cases.map(([preconditioner, ...rest]) => [preconditioner.name, preconditioner, ...rest] as const),
)('%s on Gaussian data', (name, preconditioner, sigmaOf, factor) => {
  const net = gaussianNet(sigmaOf, factor)
  // iDDPM knows the noise only at its levels; at any other sigma the network gets the nearest level.
  const sigmas = name === 'iddpm' ? [999, 800, 400, 10, 1].map(j => u[j]!) : [1e-5, 0.02, 0.5, 3, 80, 1e4]

  it('is the posterior mean', async () => {
    const x = imagesOf(sigmas.length)
    const out = networkDenoiser(net, preconditioner)(x, tf.tensor1d(sigmas))
    const expected = Array.from(x.dataSync(), (value, i) => {
      const sigma = Math.fround(sigmas[i >> 2]!)
      return (value * VARIANCE) / (VARIANCE + sigma ** 2)
    })
    // x - σ F cancels to S²/σ² of x: the result keeps the rounding errors of x.
    await expectClose(out.dataSync(), expected, { rtol: 1e-5, atol: name === 'edm' ? 1e-6 : 1e-5 })
  })

  it('is the velocity, from t = 1e-5 to 1 - 1e-5', () => {
    const times = (
      name === 'iddpm' ? sigmas.map(s => s / (1 + s)) : [1e-5, 0.03, 0.4, 0.75, 0.99, 1 - 1e-5]
    ).map(Math.fround)
    const x = imagesOf(times.length)
    const out = networkVelocity(net, preconditioner)(x, tf.tensor1d(times)).dataSync()
    for (const [i, value] of x.dataSync().entries()) {
      const t = times[i >> 2]!
      const expected = exactVelocity(value, t)
      // (F - x)/(1-t) has the rounding errors of F and x divided by 1-t, unless the network's form avoids them, as EDM's
      // does. The oracle reads sigma from a float32 label.
      const rounding = name === 'edm' ? 0 : (8 * 2 ** -24 * Math.abs(value)) / (1 - t)
      expect(Math.abs(out[i]! - expected)).toBeLessThan(
        5e-5 * Math.max(Math.abs(expected), Math.abs(value)) + rounding,
      )
    }
  })

  it('is finite at t = 0 and 1, and is the velocity of the denoiser between', async () => {
    const ends = networkVelocity(net, preconditioner)(imagesOf(2), tf.tensor1d([0, 1])).dataSync()
    expect(ends.every(Number.isFinite)).toBe(true)
    const [x, t] = [imagesOf(4), tf.tensor1d([0.1, 0.3, 0.6, 0.9])]
    const expected = velocity(networkDenoiser(net, preconditioner))(x, t)
    await expectClose(networkVelocity(net, preconditioner)(x, t), expected, sum)
  })

  it('leaves no tensor behind', async () => {
    const [x, t] = [imagesOf(2), tf.tensor1d([0.2, 0.7])]
    await expectNoLeak(() => networkVelocity(net, preconditioner)(x, t).dispose())
    await expectNoLeak(() => networkDenoiser(net, preconditioner)(x, t).dispose())
  })
})

it('iDDPM keeps the label of its smallest level for smaller noise, at t = 1e-5', () => {
  const seen: number[] = []
  const spy: Network = {
    weights: new Map(),
    forward(x, labels) {
      seen.push(...labels.dataSync())
      return tf.zerosLike(x)
    },
  }
  networkVelocity(spy, iddpm())(imagesOf(2), tf.tensor1d([1e-5, 1 - 1e-5])).dispose()
  expect(seen).toEqual([999 - 999, 999])
})

describe('conversions', () => {
  const field = networkVelocity(gaussianNet(cases[0]![1], cases[0]![2]), edm())

  it('denoiser is the posterior mean, and velocity gives the field back', async () => {
    const [x, sigma] = [imagesOf(5), tf.tensor1d([1e-4, 0.1, 1, 10, 80])]
    const expected = networkDenoiser(gaussianNet(cases[0]![1], cases[0]![2]), edm())(x, sigma)
    await expectClose(denoiser(field)(x, sigma), expected, sum)
    const [xt, t] = [imagesOf(4), tf.tensor1d([0.1, 0.4, 0.8, 0.99])]
    await expectClose(velocity(denoiser(field))(xt, t), field(xt, t), sum)
  })

  it('score is that of N(0, (1-t)² S² + t²)', async () => {
    const times = [0.01, 0.3, 0.9, 1].map(Math.fround)
    const x = imagesOf(4)
    const expected = Array.from(x.dataSync(), (value, i) => {
      const t = times[i >> 2]!
      return -value / ((1 - t) ** 2 * VARIANCE + t ** 2)
    })
    // x + (1-t) v = t² x / (...) cancels digits where t is small.
    await expectClose(score(field)(x, tf.tensor1d(times)).dataSync(), expected, { rtol: 1e-4, atol: 1e-4 })
  })

  it('leave no tensor behind', async () => {
    const [x, t] = [imagesOf(2), tf.tensor1d([0.2, 0.7])]
    for (const convert of [denoiser, score]) await expectNoLeak(() => convert(field)(x, t).dispose())
  })

  it('say what is wrong', () => {
    const t = tf.tensor1d([0.5])
    expect(() => denoiser(field)(imagesOf(2), t)).toThrow(
      'unet.denoiser: sigma must have shape [2], got [1].',
    )
    expect(() => score(field)(imagesOf(2), t)).toThrow('unet.score: t must have shape [2], got [1].')
    expect(() => vp({ betaData: 0 })).toThrow('unet.vp: betaData must be a finite number >= 5e-324, got 0.')
    expect(() => iddpm({ steps: 0 })).toThrow('unet.iddpm: steps must be an integer >= 1, got 0.')
  })
})
