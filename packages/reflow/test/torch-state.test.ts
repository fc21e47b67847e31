import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HostTensor } from '@rectified-flow/checkpoints'
import { type Coupling, createRng } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { Trainer } from '@rectified-flow/reflow'
import { readTrainerState, saveTrainer } from '@rectified-flow/reflow/node'
import { uniform } from '@rectified-flow/timestep-dists'
import {
  createUNet,
  edmVelocity,
  fromTorchState,
  SongUNet,
  saveWeights,
  toTorchState,
} from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

/** NCSN++ in small: it has a buffer and stored filters. */
const config = {
  imgResolution: 4,
  inChannels: 1,
  outChannels: 1,
  modelChannels: 4,
  channelMult: [1, 1],
  numBlocks: 1,
  attnResolutions: [4],
  dropout: 0,
  embeddingType: 'fourier' as const,
  channelMultNoise: 2,
  encoderType: 'residual' as const,
  resampleFilter: [1, 3, 3, 1],
}

const coupling: Coupling = {
  draw(step, batch) {
    const rng = createRng(5).fork(step)
    return { x: rng.fork('x').normal([batch, 4, 4, 1]), z: rng.fork('z').normal([batch, 4, 4, 1]) }
  },
}

function setup(seed = 1) {
  const net = new SongUNet(config, { rng: createRng(seed) })
  const trainer = new Trainer({
    velocity: () => edmVelocity(net),
    weights: net.weights,
    coupling,
    timesteps: uniform(),
    premetric: squaredL2,
    rng: createRng(2),
    batch: 2,
    learningRate: 1e-2,
    emaDecay: 0.5,
  })
  return { net, trainer }
}

/** The part of the tensors whose names begin with this, without it. */
const part = (prefix: string, tensors: ReadonlyMap<string, HostTensor>) =>
  new Map(
    [...tensors].flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
    ),
  )

describe("a trainer's state for PyTorch", () => {
  it('has the networks of saveWeights, and a moment for each weight', async () => {
    const { net, trainer } = setup()
    await trainer.advance()
    await trainer.advance()
    const tensors = await toTorchState(net, await trainer.state())
    expect(part('model.', tensors)).toEqual(await saveWeights(net))
    expect(part('ema.', tensors)).toEqual(await saveWeights(net, { weights: trainer.ema }))
    for (const prefix of ['exp_avg.', 'exp_avg_sq.']) {
      const moments = part(prefix, tensors)
      expect([...moments.keys()].sort()).toEqual([...net.weights.keys()].sort())
      for (const [name, { shape, data }] of moments) {
        expect(shape).toEqual(tensors.get(`model.${name}`)!.shape)
        if (prefix === 'exp_avg_sq.')
          for (const value of data) expect(Number(value)).toBeGreaterThanOrEqual(0)
      }
    }
    // The layout of a moment is its weight's: PyTorch's convolution [O,I,h,w] from [h,w,I,O].
    const { tensors: own } = await trainer.state()
    const { shape, data } = own.get('m/enc.4x4_conv.weight')!
    const moved = tf.tidy(() => tf.transpose(tf.tensor(data, shape), [3, 2, 0, 1]))
    expect(tensors.get('exp_avg.enc.4x4_conv.weight')!.data).toEqual(moved.dataSync())
  })

  it('comes back from a file, into another trainer that goes on with the same bits', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'torch-state-'))
    const [first, second] = [setup(1), setup(1)]
    for (let i = 0; i < 3; i++) await first.trainer.advance()
    await saveTrainer(join(folder, 'state.safetensors'), first.trainer)
    const { state } = await readTrainerState(join(folder, 'state.safetensors'))
    await rm(folder, { recursive: true })

    const before = tf.memory().numTensors
    const back = await fromTorchState(second.net, await toTorchState(first.net, state), { step: 3 })
    expect(tf.memory().numTensors).toBe(before)
    expect(back).toEqual(await first.trainer.state())
    second.trainer.restore(back)
    for (const { trainer } of [first, second]) await trainer.advance()
    expect(await second.trainer.state()).toEqual(await first.trainer.state())
  })

  it("gives a network for createUNet, which finds the averages by 'ema.'", async () => {
    const { net, trainer } = setup()
    await trainer.advance()
    const tensors = await toTorchState(net, await trainer.state())
    const averaged = createUNet(config, { tensors, prefix: 'ema.' })
    expect(await saveWeights(averaged)).toEqual(await saveWeights(net, { weights: trainer.ema }))
  })

  it('refuses the state of another network', async () => {
    const { net, trainer } = setup()
    const state = await trainer.state()
    const wide = new SongUNet({ ...config, modelChannels: 8 }, { rng: createRng(0) })
    await expect(toTorchState(wide, state)).rejects.toThrow(
      /^unet\.toTorchState: state must hold the weights of this network, got weight\/map_layer0\.weight \[\d+,\d+\]\.$/,
    )
    const tensors = await toTorchState(net, state)
    tensors.delete('exp_avg.map_layer0.weight')
    await expect(fromTorchState(net, tensors, { step: 0 })).rejects.toThrow('missing: map_layer0.weight')
    await expect(fromTorchState(net, tensors, { step: 0.5 })).rejects.toThrow(
      'unet.fromTorchState: step must be an integer >= 0, got 0.5.',
    )
  })
})
