import {
  type AdamSlot,
  adamEma,
  attention,
  compile,
  conv2d,
  dropout,
  groupNorm,
  groupNormSilu,
  resample,
} from '@rectified-flow/backends'
import { createRng, drawNormal, drawUniform, indexedNormal, oneHot, type Rng } from '@rectified-flow/core'
import {
  createSmallVgg,
  lpipsHuber,
  perceptualDistance,
  pseudoHuber,
} from '@rectified-flow/losses-lpips-huber'
import { heun } from '@rectified-flow/ode'
import { invert, sample, Trainer } from '@rectified-flow/reflow'
import { uShaped } from '@rectified-flow/timestep-dists'
import { DhariwalUNet, edmVelocity, SongUNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { publishedNetworks } from './published-networks.js'

/** A computation that depends on seeded numbers only, so that every backend must give the same results. */
export interface Case {
  /** The row of the support table that the case belongs to. */
  group: 'operations' | 'gradients' | 'networks' | 'training' | 'sampling' | 'losses' | 'features'
  name: string
  /** Largest allowed error, as a share of the largest reference number. */
  tolerance: number
  compute(): Promise<tf.Tensor[]> | tf.Tensor[]
}

type Operation = (...inputs: tf.Tensor4D[]) => tf.Tensor

/** An operation, and the gradient of a random projection of its result to each of its inputs. */
function operation(name: string, shapes: readonly number[][], apply: Operation): Case[] {
  const inputs = () => shapes.map((shape, i) => createRng(i).normal(shape) as tf.Tensor4D)
  return [
    { group: 'operations', name, tolerance: 1e-5, compute: () => tf.tidy(() => [apply(...inputs())]) },
    {
      group: 'gradients',
      name,
      tolerance: 1e-4,
      compute: () =>
        tf.tidy(() => {
          const loss = (...args: tf.Tensor4D[]) => {
            const y = apply(...args)
            return tf.sum(tf.mul(y, createRng(99).normal(y.shape)))
          }
          return tf.grads(loss as (...args: tf.Tensor[]) => tf.Scalar)(inputs())
        }),
    },
  ]
}

const vector = (x: tf.Tensor) => tf.reshape(x, [x.size]) as tf.Tensor1D
const image = [2, 8, 8, 3]
const tiny = {
  modelChannels: 8,
  channelMult: [1, 2],
  numBlocks: 1,
  imgResolution: 8,
  inChannels: 3,
  outChannels: 3,
}

const song = () => new SongUNet({ ...tiny, attnResolutions: [4] }, { rng: createRng(1) })
const networks = {
  'DDPM++': song,
  'NCSN++': () =>
    new SongUNet(
      {
        ...tiny,
        embeddingType: 'fourier',
        encoderType: 'residual',
        resampleFilter: [1, 3, 3, 1],
        attnResolutions: [],
      },
      { rng: createRng(1) },
    ),
  ADM: () => new DhariwalUNet({ ...tiny, labelDim: 4, attnResolutions: [] }, { rng: createRng(1) }),
}

/** Move every weight a little: the last layers of new networks are zeros, which would hide all layers before them. */
function shake<Net extends { weights: ReadonlyMap<string, tf.Variable> }>(net: Net): Net {
  const rng = createRng(3)
  for (const [name, weight] of net.weights)
    tf.tidy(() => weight.assign(tf.add(weight, tf.mul(rng.fork(name).normal(weight.shape), 0.05))))
  return net
}

const noise = (seed: number) => createRng(seed).normal(image) as tf.Tensor4D

const network = (name: keyof typeof networks): Case => ({
  group: 'networks',
  name: `${name}: velocity`,
  tolerance: 1e-4,
  compute: () =>
    tf.tidy(() => {
      const net = shake(networks[name]())
      const options = name === 'ADM' ? { classLabels: oneHot([1, 3], 4) } : {}
      const v = edmVelocity(net, options)(noise(2), tf.tensor1d([0.3, 0.9]))
      net.dispose()
      return [v]
    }),
})

export const cases: readonly Case[] = [
  ...operation(
    'conv2d 3x3',
    [
      [2, 6, 5, 4],
      [3, 3, 4, 8],
      [1, 1, 1, 8],
    ],
    (x, w, b) => conv2d(x, w, vector(b)),
  ),
  ...operation(
    'conv2d 1x1',
    [
      [2, 6, 5, 4],
      [1, 1, 4, 8],
    ],
    (x, w) => conv2d(x, w),
  ),
  ...operation(
    'groupNorm',
    [
      [2, 4, 4, 8],
      [1, 1, 1, 8],
      [1, 1, 1, 8],
    ],
    (x, g, b) => groupNorm(x, vector(g), vector(b), { groups: 4 }),
  ),
  ...operation(
    'groupNormSilu',
    [
      [2, 4, 4, 8],
      [1, 1, 1, 8],
      [1, 1, 1, 8],
      [2, 1, 1, 8],
      [2, 1, 1, 8],
    ],
    (x, g, b, scale, shift) =>
      groupNormSilu(x, vector(g), vector(b), {
        groups: 4,
        scale: tf.reshape(scale, [2, 8]),
        shift: tf.reshape(shift, [2, 8]),
      }),
  ),
  ...operation('attention', [[2, 1, 9, 24]], qkv => attention(tf.reshape(qkv, [2, 9, 24]) as tf.Tensor3D)),
  ...operation('resample up', [[2, 4, 4, 3]], x => resample(x, 'up', [1, 3, 3, 1])),
  ...operation('resample down', [[2, 8, 8, 3]], x => resample(x, 'down', [1, 3, 3, 1])),
  {
    group: 'operations',
    name: 'labels as one-hot float32',
    tolerance: 0,
    compute: () => tf.tidy(() => [tf.oneHot(tf.tensor1d([1, 3], 'int32'), 4, 1, 0, 'float32')]),
  },
  {
    group: 'operations',
    name: 'uniform numbers',
    tolerance: 0,
    compute: () => [drawUniform(createRng(1), image)],
  },
  {
    group: 'operations',
    name: 'normal numbers',
    tolerance: 1e-6,
    compute: () => [drawNormal(createRng(1), image), indexedNormal(createRng(1), [5, 0, 2], [5, 5])],
  },
  {
    group: 'operations',
    name: 'adamEma',
    tolerance: 1e-5,
    compute: () =>
      tf.tidy(() => {
        const slot: AdamSlot = {
          weight: tf.variable(createRng(0).normal([5, 7])),
          m: tf.variable(tf.zeros([5, 7])),
          v: tf.variable(tf.zeros([5, 7])),
          ema: tf.variable(tf.zeros([5, 7])),
        }
        const options = { learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, emaDecay: 0.5 }
        for (const step of [1, 2, 3]) adamEma([slot], [createRng(step).normal([5, 7])], { ...options, step })
        const results = [slot.weight, slot.m, slot.v, slot.ema]
        const copies = results.map(result => tf.clone(result) as tf.Tensor)
        tf.dispose(results)
        return copies
      }),
  },
  network('DDPM++'),
  network('NCSN++'),
  network('ADM'),
  {
    group: 'training',
    name: 'three steps: losses, weights, moving average',
    tolerance: 1e-3,
    async compute() {
      const net = shake(song())
      const rng = createRng(5)
      const trainer = new Trainer({
        velocity: stepRng => edmVelocity(net, { training: { rng: stepRng } }),
        weights: net.weights,
        coupling: { draw: async step => ({ x: noise(10 + step), z: noise(20 + step) }) },
        timesteps: uShaped({ a: 4 }),
        premetric: pseudoHuber(),
        rng,
        batch: 2,
        learningRate: 1e-3,
        emaDecay: 0.5,
      })
      const losses: number[] = []
      for (let i = 0; i < 3; i++) losses.push((await trainer.advance()).loss)
      const flat = tf.tidy(() =>
        [net.weights, trainer.ema].map(weights =>
          tf.concat([...weights.values()].map(weight => tf.reshape(weight, [-1]))),
        ),
      )
      trainer.dispose()
      net.dispose()
      return [tf.tensor1d(losses), ...flat]
    },
  },
  {
    group: 'training',
    name: 'five runs of a compiled function: data, dropout and gradients of each',
    tolerance: 1e-4,
    compute() {
      const filter = tf.variable(createRng(0).normal([3, 3, 3, 3])) as tf.Variable<tf.Rank.R4>
      const slope = compile((x: tf.Tensor4D, rng: Rng) => {
        const loss = () =>
          tf.mean(tf.square(tf.tanh(conv2d(dropout(x, 0.25, rng.fork('a')), filter)))) as tf.Scalar
        const { value, grads } = tf.variableGrads(loss, [filter])
        return [value, grads[filter.name]!]
      })
      const runs = [0, 1, 2, 3, 4].flatMap(time => {
        const x = createRng(time).normal(image) as tf.Tensor4D
        const results = slope(x, createRng(7).fork(time))
        x.dispose()
        return results
      })
      slope.dispose()
      filter.dispose()
      return runs
    },
  },
  {
    group: 'sampling',
    name: 'Euler and Heun, both update rules, there and back',
    tolerance: 1e-3,
    compute: () =>
      tf.tidy(() => {
        const net = shake(song())
        const field = edmVelocity(net)
        const { x } = sample(field, noise(7), { steps: 2, rule: 'reinterpolate' })
        const { x: second } = sample(field, noise(7), { steps: 2, method: heun })
        const back = invert(field, x as tf.Tensor4D, { steps: 2, noise: noise(8) })
        net.dispose()
        return [x, second, back.z]
      }),
  },
  {
    group: 'losses',
    name: 'LPIPS-Huber over a small VGG, and its gradient',
    tolerance: 1e-3,
    compute: () =>
      tf.tidy(() => {
        const vgg = createSmallVgg({ channels: 3, widths: [4, 8], classes: 2, rng: createRng(4) })
        const premetric = lpipsHuber(perceptualDistance(vgg.features))
        const [x, z, t] = [noise(1), noise(2), tf.tensor1d([0.2, 0.8])]
        const loss = (prediction: tf.Tensor) =>
          premetric(prediction, tf.sub(z, x), { t, xt: x, x }) as tf.Tensor
        const prediction = noise(3)
        const results = [loss(prediction), tf.grad(p => tf.sum(loss(p)))(prediction)]
        vgg.dispose()
        return results
      }),
  },
  ...publishedNetworks,
]
