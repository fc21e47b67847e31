import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { useBackend } from '@rectified-flow/backends'
import { type HostTensor, readSafetensors, toFloat32 } from '@rectified-flow/checkpoints'
import { createRng, type Field, interpolate, numpyRng, type Premetric } from '@rectified-flow/core'
import {
  backboneShapes,
  l2,
  lpipsAveragePooling,
  lpipsHuber,
  pseudoHuber,
  squaredL2,
} from '@rectified-flow/losses-lpips-huber'
import { Trainer } from '@rectified-flow/reflow'
import { uniform } from '@rectified-flow/timestep-dists'
import { configFromReference, createUNet, edmVelocity, stateDict, type UNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'

const timeout = 600_000
const folder = process.env.GOLDEN_DIR ?? join(import.meta.dirname, 'golden')
const open = (file: string) => readSafetensors(readFileSync(join(folder, file)))

// A training run in plain JavaScript takes minutes, so cpu is used only on request.
beforeAll(async () => {
  if (!process.env.BACKEND) await useBackend('wasm')
})

/** The tensors whose names begin with the prefix, which is dropped. */
function section(tensors: ReadonlyMap<string, HostTensor>, prefix: string): Map<string, HostTensor> {
  const named = [...tensors].filter(([name]) => name.startsWith(prefix))
  return new Map(named.map(([name, tensor]) => [name.slice(prefix.length), tensor]))
}

/** Images in NCHW as a tensor in NHWC; other arrays unchanged. */
function toTensor({ shape, data }: { shape: number[]; data: Float32Array }): tf.Tensor {
  return tf.tidy(() => {
    const tensor = tf.tensor(data, shape)
    return shape.length === 4 ? tf.transpose(tensor, [0, 2, 3, 1]) : tensor
  })
}

/** The network that the golden training runs begin from. */
function startingNet(): UNet {
  const { tensors, metadata } = open('unet/song-ncsnpp.safetensors')
  const config = configFromReference(JSON.parse(metadata.config!))
  return createUNet(config, { tensors: section(tensors, 'param/') })
}

/** The VGG16 that made the golden losses. Its weights are drawn from the NumPy stream of the file's seed. */
function goldenVgg(size: number) {
  const { tensors, metadata } = open('losses/lpips.safetensors')
  const rng = numpyRng(BigInt(metadata.seed!))
  const backbone = new Map<string, HostTensor>()
  for (const [name, shape] of backboneShapes('vgg16')) {
    const inputs = shape.slice(1).reduce((a, b) => a * b, 1)
    const scale = name.endsWith('bias') ? 0.05 : Math.sqrt(2 / inputs)
    const values = rng.standardNormal(shape[0]! * inputs)
    backbone.set(name, { dtype: 'F32', shape, data: new Float32Array(values.map(z => z * scale)) })
  }
  const heads = new Map<string, HostTensor>()
  for (let i = 0; tensors.has(`lin${i}`); i++) {
    const head = tensors.get(`lin${i}`)!
    heads.set(`lin${i}.model.1.weight`, { ...head, shape: [1, ...head.shape, 1, 1] })
  }
  return lpipsAveragePooling({ backbone, heads }, { size })
}

/** Each training loss. The perceptual losses compare images of 32 x 32 pixels here, as the file's note says. */
const losses: Record<string, () => { premetric: Premetric; dispose?(): void }> = {
  'l2-squared': () => ({ premetric: squaredL2 }),
  l2: () => ({ premetric: l2 }),
  huber: () => ({ premetric: pseudoHuber() }),
  'lpips-huber': () => perceptual(false),
  'lpips-huber-divt': () => perceptual(true),
}
function perceptual(divideByT: boolean) {
  const vgg = goldenVgg(32)
  return { premetric: lpipsHuber(vgg.distance, { divideByT }), dispose: () => vgg.dispose() }
}

describe('loss and gradients of every weight, at fixed times', () => {
  const { tensors } = open('training/gradients.safetensors')
  const given = (name: string) => {
    const { shape, ...rest } = tensors.get(name)!
    return toTensor({ shape, data: toFloat32({ shape, ...rest }) })
  }

  it.each(Object.keys(losses))('%s', { timeout }, async kind => {
    const net = startingNet()
    const { premetric, dispose } = losses[kind]!()
    const [x, z, t] = [given('x'), given('z'), given('t') as tf.Tensor1D]
    const { value, grads } = tf.variableGrads(() => {
      const xt = interpolate(x, z, t)
      return tf.mean(premetric(edmVelocity(net)(xt, t), tf.sub(z, x), { t, xt, x })) as tf.Scalar
    })
    const expected = toFloat32(tensors.get(`${kind}/loss`)!)[0]!
    expect(Math.abs((await value.data())[0]! - expected)).toBeLessThan(1e-4 * Math.abs(expected))

    const named = new Map<string, tf.Variable>()
    for (const [name, { name: id }] of net.weights) if (grads[id]) named.set(name, tf.variable(grads[id]))
    const state = await stateDict(named)
    const none: HostTensor = { dtype: 'F32', shape: [1], data: new Float32Array(1) }
    for (const [name, norm] of section(tensors, `${kind}/gradnorm/model.`)) {
      const length = toFloat32(norm)[0]!
      const actual = Math.hypot(...toFloat32(state.get(name) ?? none))
      expect(Math.abs(actual - length), name).toBeLessThan(1e-3 * length + 1e-6)
    }
    for (const [name, gradient] of section(tensors, `${kind}/grad/model.`)) {
      const [actual, all] = [toFloat32(state.get(name) ?? none), toFloat32(gradient)]
      const difference = Math.hypot(...all.map((value, i) => value - actual[i]!))
      expect(difference, name).toBeLessThan(1e-3 * Math.hypot(...all) + 1e-6)
    }
    dispose?.()
  })
})

it('thirty steps of Huber: losses, weights and their moving average', { timeout }, async () => {
  const { tensors, metadata } = open('training/huber-30-steps.safetensors')
  const expected = tensors.get('losses')?.data as Float64Array
  const net = startingNet()
  const rng = numpyRng(BigInt(metadata.seed!))
  const shape = [4, 3, 16, 16]
  const size = shape.reduce((a, b) => a * b, 1)
  const image = (map: (value: number) => number) =>
    toTensor({ shape, data: Float32Array.from(rng.standardNormal(size), map) }) as tf.Tensor4D
  const trainer = new Trainer({
    velocity: (): Field => edmVelocity(net),
    weights: net.weights,
    // One stream of random numbers, in NumPy's order: x, z and t of each step.
    coupling: { draw: async () => ({ x: image(Math.tanh), z: image(value => value) }) },
    timesteps: {
      ...uniform(),
      sample: n => tf.tensor1d(Float32Array.from(rng.random(n), u => u * 0.998 + 0.001)),
    },
    premetric: pseudoHuber(),
    rng: createRng(0),
    batch: shape[0]!,
    learningRate: step => 1e-3 * Math.min(step / 10, 1),
    emaDecay: () => 0.9,
  })
  for (const loss of expected)
    expect(Math.abs((await trainer.advance()).loss - loss)).toBeLessThan(1e-3 * loss)
  for (const [prefix, weights] of [
    ['final/model.', net.weights],
    ['ema/model.', trainer.ema],
  ] as const) {
    const state = await stateDict(weights)
    for (const [name, tensor] of section(tensors, prefix)) {
      const actual = toFloat32(state.get(name)!)
      const worst = Math.max(...toFloat32(tensor).map((value, i) => Math.abs(value - actual[i]!)))
      expect(worst, prefix + name).toBeLessThan(1e-3)
    }
  }
  trainer.dispose()
})
