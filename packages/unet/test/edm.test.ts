import { alongBatch, createRng } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32, sum } from '@rectified-flow/tools/matchers'
import { edmDenoiser, edmVelocity, type Network, velocity } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { randomNet } from './small-net.js'

/** F(x, c) = 0.3 x + 0.1 c, in closed form. */
const affine: Network = {
  weights: new Map(),
  forward: (x, c) => tf.tidy(() => tf.add(tf.mul(x, 0.3), tf.mul(alongBatch(c, x), 0.1))),
}
const times = [1e-5, 0.03, 0.4, 0.75, 0.99, 1 - 1e-5].map(Math.fround)
let x: tf.Tensor4D
beforeAll(() => {
  x = createRng(1).normal([times.length, 2, 2, 1])
})

/** The velocity in float64, as v = (x - D(x/(1-t), t/(1-t)))/t. */
function exactVelocity(state: number, t: number, s: number): number {
  const sigma = t / (1 - t)
  const norm = Math.sqrt(sigma ** 2 + s ** 2)
  const scaled = state / (1 - t)
  const f = 0.3 * (scaled / norm) + 0.1 * (Math.log(sigma) / 4)
  const denoised = (s ** 2 / norm ** 2) * scaled + ((sigma * s) / norm) * f
  return (state - denoised) / t
}

describe('edmVelocity', () => {
  it.each([0.5, 0.2, 1])('is exact to float32 at every time, with sigmaData %d', async sigmaData => {
    const field = edmVelocity(affine, { sigmaData })
    const expected = Array.from(x.dataSync(), (state, i) => exactVelocity(state, times[i >> 2]!, sigmaData))
    await expectClose(field(x, tf.tensor1d(times)).dataSync(), expected, f32)
  })

  it('is the velocity of the denoiser', async () => {
    const net = randomNet()
    const classLabels = tf.tensor2d([[0, 1, 0]])
    const state = createRng(2).normal([3, 8, 8, 1])
    const t = tf.tensor1d([0.1, 0.5, 0.9])
    const expected = velocity(edmDenoiser(net, { classLabels }))(state, t)
    await expectClose(edmVelocity(net, { classLabels })(state, t), expected, sum)
  })

  it('clamps the noise label, so that t = 0 and t = 1 are finite', async () => {
    const seen: number[] = []
    const spy: Network = {
      weights: new Map(),
      forward(state, c) {
        seen.push(...c.dataSync())
        return tf.clone(state)
      },
    }
    const out = edmVelocity(spy)(tf.slice(x, 0, 2), tf.tensor1d([0, 1]))
    expect(out.dataSync().every(Number.isFinite)).toBe(true)
    await expectClose(seen, [Math.log(1e-5 / (1 - 1e-5)) / 4, Math.log((1 - 1e-5) / 1e-5) / 4], {
      rtol: 1e-3,
      atol: 0,
    })
  })

  it('leaves no tensor behind', async () => {
    const t = tf.tensor1d(times)
    const sigma = tf.tensor1d(times)
    await expectNoLeak(() => edmVelocity(affine)(x, t).dispose())
    await expectNoLeak(() => edmDenoiser(affine)(x, sigma).dispose())
    await expectNoLeak(() => velocity(edmDenoiser(affine))(x, t).dispose())
  })
})

it('edmDenoiser gives x as sigma goes to 0', async () => {
  await expectClose(edmDenoiser(affine)(x, tf.fill([times.length], 1e-9)), x, f32)
})

it('velocity of the denoiser that knows the data is z - x', async () => {
  const z = createRng(2).normal(x.shape) as tf.Tensor4D
  const t = alongBatch(tf.tensor1d(times), x)
  const xt = tf.add(tf.mul(tf.sub(1, t), x), tf.mul(t, z))
  const v = velocity(() => tf.clone(x))(xt, tf.tensor1d(times))
  await expectClose(tf.slice(v, 1), tf.slice(tf.sub(z, x), 1), sum) // at t = 1e-5 float32 has lost it
})

describe('messages', () => {
  const half = () => tf.tensor1d([0.5])
  const cases: [string, () => unknown, string][] = [
    ['t', () => edmVelocity(affine)(x, half()), 'unet.networkVelocity: t must have shape [6], got [1].'],
    [
      'x',
      () => edmVelocity(affine)(half(), half()),
      'unet.networkVelocity: x must have shape [B,H,W,C], got [1].',
    ],
    [
      'sigma',
      () => edmDenoiser(affine)(x, half()),
      'unet.networkDenoiser: sigma must have shape [6], got [1].',
    ],
    [
      'velocity',
      () => velocity(edmDenoiser(affine))(x, half()),
      'unet.velocity: t must have shape [6], got [1].',
    ],
    ['data', () => edmDenoiser(affine, { sigmaData: 0 }), 'unet.edm: sigmaData must be a number > 0, got 0.'],
    [
      'data',
      () => edmVelocity(affine, { sigmaData: -1 }),
      'unet.edm: sigmaData must be a number > 0, got -1.',
    ],
  ]
  it.each(cases)('%s', (_, call, message) => {
    expect(call).toThrow(new RangeError(message))
  })
})
