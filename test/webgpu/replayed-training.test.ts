import { type BackendName, dropout, useBackend } from '@rectified-flow/backends'
import { createRng, type Weights } from '@rectified-flow/core'
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

type Model = { velocity: TrainerOptions['velocity']; weights: Weights }

function unet(): Model {
  const net = createUNet(config, { rng: createRng(2) })
  return { velocity: rng => edmVelocity(net, { training: { rng } }), weights: net.weights }
}

/** A velocity of few shaders, since the software driver takes long to compile many. */
function line(): Model {
  const a = tf.tidy(() => tf.variable(tf.scalar(0.1)))
  return { velocity: rng => x => tf.mul(rng ? dropout(x, 0.2, rng) : x, a), weights: new Map([['a', a]]) }
}

/** A model in training; in step 5 its pairs are NaN. */
function training({ velocity, weights }: Model, options: Partial<TrainerOptions> = {}) {
  const called: number[] = []
  const trainer = new Trainer({
    velocity: rng => {
      called.push(1)
      return velocity(rng)
    },
    weights,
    coupling: {
      async draw(step, batch) {
        const z = createRng(3).fork(step).normal([batch, 2, 2, 1])
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

  it('goes on with the same bits after the device was lost', async () => {
    const { trainer } = training(line())
    for (let step = 0; step < 4; step++) await trainer.advance()
    const state = await trainer.state()
    const { device } = tf.backend() as unknown as { device: GPUDevice }
    await trainer.advance()
    device.destroy()
    await device.lost
    await expect(trainer.advance()).rejects.toMatchObject({ name: 'NumericError', code: 'device-lost' })
    await useBackend('webgpu-software')
    const [resumed, whole] = [training(line()).trainer, training(line()).trainer]
    resumed.restore(state)
    for (let step = 0; step < 2; step++) await resumed.advance()
    for (let step = 0; step < 6; step++) await whole.advance()
    expect(await stateOf(resumed)).toEqual(await stateOf(whole))
  })

  it.each<[name: string, () => Model, Partial<TrainerOptions>]>([
    ['of micro-batches', line, { microBatches: 2 }],
    ['of a network', unet, { clipNorm: 0.5, lossScale: dynamicLossScale({ growAfter: 3 }) }],
  ])('%s has the same bits as single calls', async (_, model, options) => {
    const [single, replayed] = [training(model(), { compile: false, ...options }), training(model(), options)]
    for (let step = 0; step < 8; step++)
      expect(await replayed.trainer.advance()).toEqual(await single.trainer.advance())
    expect(await stateOf(replayed.trainer)).toEqual(await stateOf(single.trainer))
    // The first step is unlike the others, because averages begin as clones. From the fourth on it is replayed.
    expect(replayed.called.length).toBe((single.called.length * 3) / 8)
  })
})
