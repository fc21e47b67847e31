import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type HostTensor, readSafetensors, toFloat32 } from '@rectified-flow/checkpoints'
import { createRng } from '@rectified-flow/core'
import { euler, heun } from '@rectified-flow/ode'
import { sampleTrajectory, straightness } from '@rectified-flow/reflow'
import { configFromReference, edmVelocity, loadWeights, SongUNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

const folder = process.env.GOLDEN_DIR ?? fileURLToPath(new URL('../../../test/golden', import.meta.url))
const read = (path: string) => readSafetensors(readFileSync(`${folder}/${path}`))

interface Case {
  key: string
  solver: 'euler' | 'heun'
  /** Network calls. */
  N: number
  sampler: 'default' | 'new'
  inversion: boolean
  time_schedule: number[] | null
}

const golden = read('samplers/rectified-flow.safetensors')
const network = read('unet/song-ncsnpp.safetensors')
const cases = (JSON.parse(golden.metadata.cases as string) as Case[]).filter(({ inversion }) => !inversion)

/** Images [...,C,H,W] of the file, [...,H,W,C] here. */
function images(name: string): tf.Tensor {
  const { shape } = golden.tensors.get(name) as HostTensor
  const rank = shape.length
  const order = [...shape.keys()].slice(0, rank - 3).concat([rank - 2, rank - 1, rank - 3])
  return tf.tidy(() => tf.transpose(tf.tensor(toFloat32(golden.tensors.get(name)!), shape), order))
}

/** The largest |a - e|, as a share of the largest |e|. */
function relativeError(actual: tf.Tensor, expected: tf.Tensor): number {
  return tf.tidy(() => {
    const worst = tf.max(tf.abs(tf.sub(actual, expected)))
    return tf.div(worst, tf.max(tf.abs(expected))).dataSync()[0] as number
  })
}

/** The network of the file, with its weights. */
function goldenNet(): SongUNet {
  const net = new SongUNet(configFromReference(JSON.parse(network.metadata.config as string)), {
    rng: createRng(0),
  })
  const weights = [...network.tensors].filter(([name]) => name.startsWith('param/'))
  loadWeights(net, new Map(weights), { prefix: 'param/' })
  return net
}

describe("the reference's sampler", () => {
  it.each(cases)('$key', ({ key, solver, N, sampler, time_schedule }) => {
    const path = sampleTrajectory(edmVelocity(goldenNet()), images('z1'), {
      method: solver === 'heun' ? heun : euler,
      rule: sampler === 'new' ? 'reinterpolate' : 'euler',
      // A Heun step calls the network twice, but for the last, which is Euler's.
      ...(time_schedule ? { times: [...time_schedule, 0] } : { steps: solver === 'heun' ? (N + 1) / 2 : N }),
    })
    expect(path.nfe).toBe(N)
    expect(relativeError(tf.stack(path.states), images(`${key}/traj`))).toBeLessThan(1e-3)
    expect(relativeError(tf.stack(path.predictions), images(`${key}/x0hat`))).toBeLessThan(1e-3)
    const expected = toFloat32(golden.tensors.get(`${key}/straightness`)!)
    const found = straightness(path.states).dataSync()
    for (const [i, value] of expected.entries())
      expect(Math.abs((found[i] as number) - value)).toBeLessThanOrEqual(1e-4 * value + 1e-9)
  })
})
