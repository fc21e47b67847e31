import { type BackendName, useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { dynamicLossScale, Trainer, type TrainerOptions } from '@rectified-flow/reflow'
import { uniform } from '@rectified-flow/timestep-dists'
import { createUNet, edmVelocity, type SongUNetConfig } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const original = process.env.BACKEND ?? 'cpu'
const opened = await useBackend('webgpu-software').catch((error: Error) => error)

afterAll(() => useBackend(original as BackendName))

const config: SongUNetConfig = {
  imgResolution: 2,
  inChannels: 1,
  outChannels: 1,
  modelChannels: 4,
  channelMult: [1],
  numBlocks: 1,
  attnResolutions: [],
  dropout: 0.2,
}

/** A network in training; in step 5 its pairs are NaN. */
function training(options: Partial<TrainerOptions>) {
  const net = createUNet(config, { rng: createRng(2) })
  const called: number[] = []
  const trainer = new Trainer({
    velocity: rng => {
      called.push(1)
      return edmVelocity(net, { training: { rng } })
    },
    weights: net.weights,
    coupling: {
      async draw(step, batch) {
        const z = createRng(3).fork(step).normal([batch, 2, 2, 1]) as tf.Tensor4D
        return { z, x: step === 5 ? tf.fill([batch, 2, 2, 1], Number.NaN) : tf.mul(z, 0.5) }
      },
    },
    timesteps: uniform(),
    premetric: squaredL2,
    rng: createRng(1),
    batch: 2,
    learningRate: step => 0.01 / (1 + step),
    emaDecay: 0.9,
    ...options,
  })
  return { trainer, called }
}

const hex = (data: Float32Array) => Buffer.from(data.slice().buffer).toString('hex')

async function stateOf(trainer: Trainer): Promise<unknown> {
  const { tensors, ...counters } = await trainer.state()
  return [counters, [...tensors].map(([name, { data }]) => [name, hex(data)])]
}

// Needs the optional package webgpu and a software Vulkan driver.
describe.runIf(!(opened instanceof Error))('a training step replayed on WebGPU', () => {
  beforeAll(() => useBackend('webgpu-software'))

  it.each<[name: string, Partial<TrainerOptions>]>([
    ['alone', {}],
    ['with clipping and micro-batches', { clipNorm: 0.5, microBatches: 2 }],
    ['with a scale of the loss', { lossScale: dynamicLossScale({ growAfter: 3 }) }],
  ])('%s has the same bits as single calls', async (_, options) => {
    const [single, replayed] = [training({ compile: false, ...options }), training(options)]
    for (let step = 0; step < 8; step++)
      expect(await replayed.trainer.advance()).toEqual(await single.trainer.advance())
    expect(await stateOf(replayed.trainer)).toEqual(await stateOf(single.trainer))
    // The first step is unlike the others, because averages begin as clones. From the fourth on it is replayed.
    expect(replayed.called.length).toBe((single.called.length * 3) / 8)
  })
})
