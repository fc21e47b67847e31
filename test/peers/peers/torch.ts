import { join } from 'node:path'
import { type HostTensor, toFloat32 } from '@rectified-flow/checkpoints'
import { readSafetensorsFile, writeSafetensorsFile } from '@rectified-flow/checkpoints/node'
import { createRng, interpolate } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { emaWarmUp, Trainer } from '@rectified-flow/reflow'
import { uniform } from '@rectified-flow/timestep-dists'
import { createUNet, edmVelocity, fromTorchState, SongUNet, toTorchState } from '@rectified-flow/unet'
import type * as tf from '@tensorflow/tfjs-core'
import { normal, tensor } from '../inputs.js'
import { array, type Comparison, numbersOfTensor, type Peer } from '../peer.js'

const BATCH = 4
const STEPS = 3
const RATE = 1e-3
const DECAY = 0.999

/** NCSN++ in small: Fourier features, residual encoder, the filter [1,3,3,1], attention. */
const config = {
  imgResolution: 8,
  inChannels: 1,
  outChannels: 1,
  modelChannels: 8,
  channelMult: [1, 2],
  numBlocks: 1,
  attnResolutions: [4],
  dropout: 0,
  embeddingType: 'fourier' as const,
  channelMultNoise: 2,
  encoderType: 'residual' as const,
  resampleFilter: [1, 3, 3, 1],
}

const pairsOf = (step: number) => ({
  x: normal(`x ${step}`, [BATCH, 8, 8, 1]),
  z: normal(`z ${step}`, [BATCH, 8, 8, 1]),
})

function setup() {
  const net = new SongUNet(config, { rng: createRng(1) })
  const trainer = new Trainer({
    velocity: () => edmVelocity(net),
    weights: net.weights,
    coupling: {
      draw(step) {
        const { x, z } = pairsOf(step)
        return { x: tensor(x), z: tensor(z) }
      },
    },
    timesteps: uniform(),
    premetric: squaredL2,
    rng: createRng(2),
    batch: BATCH,
    learningRate: RATE,
    emaDecay: DECAY,
  })
  return { net, trainer }
}

export const torch: Peer = {
  name: 'torch',
  async prepare(folder) {
    const { net, trainer } = setup()
    for (let i = 0; i < STEPS; i++) await trainer.advance()
    const state = await trainer.state()
    await writeSafetensorsFile(join(folder, 'state.safetensors'), await toTorchState(net, state))
    const { times } = await trainer.advance() // the step that PyTorch does too
    return {
      ...pairsOf(STEPS),
      t: array(Float32Array.from(times), [BATCH]),
      rate: array(Float64Array.of(RATE), [1]),
      updates: array(Float64Array.of(state.step - state.skipped), [1]),
      decay: array(Float64Array.of(emaWarmUp(DECAY)(STEPS + 1)), [1]), // updates are counted from 1
    }
  },
  async compare(folder, theirs) {
    const { net, trainer } = setup()
    const { tensors } = await readSafetensorsFile(join(folder, 'state.safetensors'))
    trainer.restore(await fromTorchState(net, tensors, { step: STEPS }))
    const { loss: _, losses, times, gradientNorm } = await trainer.advance()
    const row = (what: string, ours: ArrayLike<number>, name: string, limit: number): Comparison => ({
      what,
      ours,
      theirs: theirs(name),
      limit,
    })
    const after = await toTorchState(net, await trainer.state())
    return [
      row('velocities of the weights', await velocities(tensors, 'model.', times), 'raw', 1e-5),
      row('velocities of their averages', await velocities(tensors, 'ema.', times), 'averaged', 1e-5),
      row('losses of the next step', losses, 'loss', 1e-5),
      row('norm of the gradient', [gradientNorm], 'norm', 1e-5),
      row('weights after it', flat(after, 'model.', net.weights), 'weights', 1e-5),
      row('their averages', flat(after, 'ema.', net.weights), 'averages', 1e-5),
      row('first moments', flat(after, 'exp_avg.', net.weights), 'moments', 1e-5),
      row('second moments', flat(after, 'exp_avg_sq.', net.weights), 'squares', 1e-5),
    ]
  },
}

async function velocities(
  tensors: ReadonlyMap<string, HostTensor>,
  prefix: string,
  times: Float32Array,
): Promise<ArrayLike<number>> {
  const net = createUNet(config, { tensors, prefix })
  const { x, z } = pairsOf(STEPS)
  const t = tensor<tf.Tensor1D>(array(times, [BATCH]))
  const values = await numbersOfTensor(edmVelocity(net)(interpolate(tensor(x), tensor(z), t), t))
  net.dispose()
  return values
}

/** The tensors of a part for each weight, in the order of their names. */
function flat(
  tensors: ReadonlyMap<string, HostTensor>,
  prefix: string,
  weights: ReadonlyMap<string, unknown>,
): number[] {
  const names = [...weights.keys()].sort()
  return names.flatMap(name => Array.from(toFloat32(tensors.get(prefix + name)!)))
}
