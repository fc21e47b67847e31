import { useBackend } from '@rectified-flow/backends'
import { euler, heun } from '@rectified-flow/ode'
import {
  invertTrajectory,
  type SampleTrajectory,
  sampleEdm,
  sampleTrajectory,
  slerp,
  straightness,
} from '@rectified-flow/reflow'
import { expectClose, sum } from '@rectified-flow/tools/matchers'
import { edmDenoiser, edmVelocity } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { entry, goldenNet, images, readGolden, relativeError } from './golden.js'

// The cpu backend takes a minute for what wasm does in four seconds.
beforeAll(async () => {
  if (!process.env.BACKEND) await useBackend('wasm')
})

interface Case {
  key: string
  solver: 'euler' | 'heun'
  /** Network calls. */
  N: number
  sampler: 'default' | 'new'
  inversion: boolean
  time_schedule: number[] | null
}

const golden = readGolden('samplers/rectified-flow.safetensors')
const cases = JSON.parse(golden.metadata.cases!) as Case[]

/** The case's trajectory, by the functions of this package. */
function trajectoryOf({ key, solver, N, sampler, inversion, time_schedule }: Case): SampleTrajectory {
  const field = edmVelocity(goldenNet())
  const method = solver === 'heun' ? heun : euler
  // A Heun step calls the network twice, except the last step, which is Euler's.
  const steps = solver === 'heun' ? (N + 1) / 2 : N
  if (inversion) {
    // The file's first state is already the mix of data and noise: with x = noise, the mix is this state.
    const first = tf.slice(images(golden, `${key}/traj`), 0, 1)
    const x = tf.squeeze(first, [0])
    return invertTrajectory(field, x, { noise: x, method, steps })
  }
  return sampleTrajectory(field, images(golden, 'z1'), {
    method,
    rule: sampler === 'new' ? 'reinterpolate' : 'euler',
    ...(time_schedule ? { times: [...time_schedule, 0] } : { steps }),
  })
}

describe("the reference's sampler", () => {
  it.each(cases)('$key', given => {
    const path = trajectoryOf(given)
    const { key, N } = given
    expect(path.nfe).toBe(N)
    expect(relativeError(tf.stack(path.states), images(golden, `${key}/traj`))).toBeLessThan(1e-3)
    expect(relativeError(tf.stack(path.predictions), images(golden, `${key}/x0hat`))).toBeLessThan(1e-3)
    const expected = entry(golden, `${key}/straightness`).dataSync()
    const found = straightness(path.states).dataSync()
    for (const [i, value] of expected.entries())
      expect(Math.abs(found[i]! - value)).toBeLessThanOrEqual(1e-4 * value + 1e-9)
  })
})

const edm = readGolden('samplers/edm.safetensors')
const edmKeys = [...edm.tensors.keys()].filter(name => name.endsWith('/traj')).map(name => name.slice(0, -5))

describe("EDM's sampler", () => {
  it.each(edmKeys)('%s', key => {
    const expectedLevels = edm.tensors.get(`${key}/t_steps`)?.data as Float64Array
    const expected = tf.unstack(images(edm, `${key}/traj`)) as tf.Tensor4D[]
    const method = key.endsWith('euler') ? 'euler' : 'heun'
    const steps = expectedLevels.length - 1
    const found: tf.Tensor[] = []
    const levels: number[] = []
    const { nfe } = sampleEdm(edmDenoiser(goldenNet()), images(edm, 'latents') as tf.Tensor4D, {
      steps,
      method,
      onStep: ({ x, sigma }) => {
        found.push(tf.clone(x))
        levels.push(sigma)
      },
    })
    expect(nfe).toBe(method === 'heun' ? 2 * steps - 1 : steps)
    for (const [i, level] of levels.entries())
      expect(Math.abs(level - expectedLevels[i + 1]!)).toBeLessThanOrEqual(1e-12 * level)
    // The error relative to each state's own largest value: the last states are a hundredth of the first.
    const errors = found.map((x, i) => relativeError(x, expected[i + 1] as tf.Tensor))
    expect(Math.max(...errors)).toBeLessThan(1e-3)
  })
})

describe("the reference's slerp", () => {
  it('goes from one noise to the other', async () => {
    const file = readGolden('samplers/slerp.safetensors')
    const [low, high] = [entry(file, 'low'), entry(file, 'high')]
    const weights = [...entry(file, 'lambda').dataSync()]
    await expectClose(tf.concat(weights.map(weight => slerp(low, high, weight))), entry(file, 'out'), sum)
  })
})
