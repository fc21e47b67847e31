import { compile } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { sample, Trainer } from '@rectified-flow/reflow'
import { createUNet, edmVelocity, type SongUNetConfig, type UNet, weightShapes } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import type { Case, Inputs, Work } from '../case.js'
import { float32, inputsUnder, normalInputs, normals, tensorOf } from '../host-tensors.js'
import { smallUNet, tinyUNet } from '../networks.js'

const LEARNING_RATE = 2e-4
const EMA_DECAY = 0.9999
/** Small, so that the moving average moves in the three checked steps and an error in it shows. */
const CHECKED_EMA_DECAY = 0.5
const CHECKED_STEPS = 3

/** A small U-Net: its velocity, a training step with Adam and moving average, and sampling in one step. */
export function networkCases(quick: boolean): Case[] {
  const [batch, drawn] = quick ? [2, 2] : [8, 16]
  const config = configOf(quick)
  const size = sizeOf(config)
  return [
    {
      name: 'U-Net forward',
      size: `${size}, batch ${batch}`,
      inputs: () => networkInputs(config, batch),
      open(inputs) {
        const net = netOf(config, inputs)
        const [x, t] = [tensorOf(inputs, 'x'), tensorOf<tf.Tensor1D>(inputs, 't')]
        const field = compile(edmVelocity(net))
        return {
          run: () => [field(x, t)],
          close() {
            tf.dispose([x, t])
            field.dispose()
            net.dispose()
          },
        }
      },
    },
    trainingCase(quick, batch),
    {
      name: 'sampling in one step',
      size: `${size}, batch ${drawn}`,
      images: drawn,
      inputs: () => networkInputs(config, drawn),
      open(inputs) {
        const net = netOf(config, inputs)
        const z = tensorOf<tf.Tensor4D>(inputs, 'z')
        const field = edmVelocity(net)
        return {
          run: () => [sample(field, z).x],
          close() {
            z.dispose()
            net.dispose()
          },
        }
      },
    },
  ]
}

/** A training step of this batch. The other participants take the batch from the inputs. */
export function trainingCase(quick: boolean, batch: number): Case {
  const config = configOf(quick)
  return {
    name: 'training step',
    size: `${sizeOf(config)}, batch ${batch}, mean squared error, Adam, moving average`,
    inputs: () => networkInputs(config, batch),
    open: inputs => trainingStep(config, inputs),
  }
}

const configOf = (quick: boolean) => (quick ? tinyUNet : smallUNet)

function sizeOf(config: SongUNetConfig): string {
  const shapes = [...weightShapes(config).values()]
  const weights = shapes.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b), 0)
  return `SongUNet of ${weights.toLocaleString('en')} weights, ${config.imgResolution}x${config.imgResolution}`
}

/** Weights in PyTorch's layouts with the reference's names. Norms are about 1; other layers keep the variance. */
export function networkInputs(config: SongUNetConfig, batch: number): Inputs {
  const rng = createRng(4)
  const image = [config.imgResolution, config.imgResolution, 3]
  const inputs = normalInputs(5, { x: [batch, ...image], z: [batch, ...image] })
  inputs.set(
    't',
    float32(
      [batch],
      Float32Array.from({ length: batch }, (_, i) => (i + 0.5) / batch),
    ),
  )
  for (const [name, shape] of weightShapes(config)) {
    const [input, out] = shape.slice(-2) as [number, number]
    const stored = shape.length < 2 ? shape : [out, input, ...shape.slice(0, -2)]
    const fanIn = stored.slice(1).reduce((product, axis) => product * axis, 1)
    const weight = normals(rng.fork(name), stored, shape.length < 2 ? 0.1 : Math.sqrt(1 / fanIn))
    if (/norm\d?\.weight$/.test(name)) weight.data = (weight.data as Float32Array).map(value => value + 1)
    inputs.set(`net.${name}`, weight)
  }
  return inputs
}

const netOf = (config: SongUNetConfig, inputs: Inputs): UNet =>
  createUNet(config, { tensors: inputsUnder(inputs, 'net.'), prefix: '' })

function trainerOf(net: UNet, inputs: Inputs, emaDecay: number): Trainer {
  const t = inputs.get('t')!.data as Float32Array
  return new Trainer({
    velocity: rng => edmVelocity(net, { training: { rng } }),
    weights: net.weights,
    coupling: {
      draw: async () => ({ x: tensorOf<tf.Tensor4D>(inputs, 'x'), z: tensorOf<tf.Tensor4D>(inputs, 'z') }),
    },
    timesteps: {
      sample: () => tf.tensor1d(t),
      density: () => Number.NaN,
      cumulative: () => Number.NaN,
    },
    premetric: squaredL2,
    rng: createRng(0),
    batch: t.length,
    learningRate: LEARNING_RATE,
    emaDecay: () => emaDecay, // constant, as in bench/pytorch/cases.py
  })
}

function trainingStep(config: SongUNetConfig, inputs: Inputs): Work {
  const net = netOf(config, inputs)
  const trainer = trainerOf(net, inputs, EMA_DECAY)
  return {
    async run() {
      await trainer.advance()
      return []
    },
    // Losses of a few steps, and then the velocities with the weights and with their average. These show wrong gradients and
    // a wrong optimiser. They don't show single weights whose tiny gradient has another sign after rounding, which Adam
    // moves the other way.
    async outputs() {
      const checked = netOf(config, inputs)
      const checkedTrainer = trainerOf(checked, inputs, CHECKED_EMA_DECAY)
      const [x, t] = [tensorOf(inputs, 'x'), tensorOf<tf.Tensor1D>(inputs, 't')]
      try {
        const losses: number[] = []
        for (let i = 0; i < CHECKED_STEPS; i++) losses.push((await checkedTrainer.advance()).loss)
        const averaged = checked.withWeights(checkedTrainer.ema)
        return [tf.tensor1d(losses), edmVelocity(checked)(x, t), edmVelocity(averaged)(x, t)]
      } finally {
        tf.dispose([x, t])
        checkedTrainer.dispose()
        checked.dispose()
      }
    },
    close() {
      trainer.dispose()
      net.dispose()
    },
  }
}
