import { createRng, type Field, type Interval } from '@rectified-flow/core'
import { exact, expectClose, sum } from '@rectified-flow/tools/matchers'
import {
  createUNet,
  edmAverageVelocity,
  edmVelocity,
  loadUNet,
  loadWeights,
  SongUNet,
  saveUNet,
  saveWeights,
  type UNet,
  type UNetConfig,
} from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { perturbed, small, tiny } from './small-net.js'

const networks: [string, UNetConfig][] = [
  ['NCSN++', small],
  ['DDPM++', { ...small, embeddingType: 'positional', encoderType: 'standard', decoderType: 'standard' }],
  ['ADM', { ...tiny, type: 'dhariwal', modelChannels: 8, labelDim: 3, augmentDim: 2 }],
]
const rng = createRng(3)
const times = [0, 0.03, 0.5, 0.71, 0.99999]
let t: tf.Tensor1D
beforeAll(() => {
  t = tf.tensor1d(times)
})
const inputs = ({ config: { imgResolution } }: UNet) => ({
  x: rng.fork('x').normal([5, imgResolution, imgResolution, 1]),
  classLabels: rng.fork('labels').normal([5, 3]),
  augmentLabels: rng.fork('augment').normal([5, 2]),
})

describe.each(networks)('%s of two times', (_, config) => {
  const training = { rng: createRng(5) }
  let one: UNet
  let x: tf.Tensor4D
  let labels: Omit<ReturnType<typeof inputs>, 'x'>
  beforeAll(() => {
    one = perturbed(createUNet(config, { rng: createRng(1) }))
    ;({ x, ...labels } = inputs(one))
  })

  it('starts from a checkpoint of one time: u(x, t, t) is the old velocity, bit for bit', async () => {
    const two = createUNet({ ...config, times: 2 } as UNetConfig, { tensors: await saveWeights(one) })
    const expected = edmVelocity(one, labels)(x, t)
    const average = edmAverageVelocity(two, labels)
    await expectClose(average(x, { t, r: t }), expected, exact)
    await expectClose(edmVelocity(two, labels)(x, t), expected, exact)
    await expectClose(
      edmAverageVelocity(two, { ...labels, training })(x, { t, r: t }),
      edmVelocity(one, { ...labels, training })(x, t),
      exact,
    )
    const apart = tf.abs(tf.sub(average(x, { t, r: tf.zeros([5]) }), expected))
    const largest = await tf.max(apart, [1, 2, 3]).data()
    expect(largest[0]).toBe(0)
    expect(Math.min(...largest.slice(1))).toBeGreaterThan(1e-3)
  })

  it('loads it also into a network that is there, and its own file in full', async () => {
    const two = createUNet({ ...config, times: 2 } as UNetConfig, { rng: createRng(7) })
    const tensors = await saveWeights(one)
    const prefixed = new Map([...tensors].map(([name, tensor]) => [`model.${name}`, tensor]))
    expect(loadWeights(two, prefixed)).toEqual({ missing: [], unexpected: [], mismatched: [] })
    await expectClose(edmVelocity(two, labels)(x, t), edmVelocity(one, labels)(x, t), exact)

    perturbed(two) // now the embeddings differ
    const back = loadUNet(await saveUNet(two))
    expect(back.config).toEqual(two.config)
    const interval = { t, r: tf.mul(t, 0.5) as tf.Tensor1D }
    await expectClose(
      edmAverageVelocity(back, labels)(x, interval),
      edmAverageVelocity(two, labels)(x, interval),
      exact,
    )
    const half = await saveWeights(two)
    half.delete('map_end_layer1.bias')
    expect(() => loadWeights(two, half)).toThrow('got 1 missing: map_end_layer1.bias.')
  })

  it('has the same weights and the same file as ever without the second time', async () => {
    const names = [...one.weights.keys()]
    expect(names.filter(name => name.includes('end'))).toEqual([])
    expect('times' in one.config).toBe(false)
    expect(() => one.forward(x, t, { endLabels: t })).toThrow(
      new RangeError(
        'unet.forward: endLabels must be absent for a network of one time, got a tensor. Make it with times: 2.',
      ),
    )
  })
})

it('is the average velocity of normal data where the raw network is 0', async () => {
  for (const sigmaData of [0.5, 1.7]) {
    const zero = { weights: new Map(), forward: (x: tf.Tensor4D) => tf.zerosLike(x) }
    const u = edmAverageVelocity(zero, { sigmaData })
    const x = rng.fork('normal').normal([4, 2, 2, 1])
    const [t, r] = [
      [0.2, 0.7, 1, 1],
      [0.1, 0.2, 0.99, 0],
    ]
    // The path of normal data N(0, s²) is x_r = x_t q_r / q_t.
    const q = (t: number) => Math.hypot(t, sigmaData * (1 - t))
    const factors = t!.map((t, i) => (q(t) - q(r![i]!)) / ((t - r![i]!) * q(t)))
    const expected = tf.mul(x, tf.tensor4d(factors, [4, 1, 1, 1]))
    await expectClose(u(x, { t: tf.tensor1d(t!), r: tf.tensor1d(r!) }), expected, sum)
  }
})

it('says what is wrong', () => {
  const net = new SongUNet({ ...tiny, times: 2 }, { rng })
  const u = edmAverageVelocity(net)
  const x = tf.zeros([2, 4, 4, 1]) as tf.Tensor4D
  const half = tf.tensor1d([0.5, 0.5])
  expect(() => u(x, half as unknown as Interval)).toThrow(
    'unet.edmAverageVelocity: interval.t must be a tensor',
  )
  expect(() => u(x, { t: half, r: tf.tensor1d([0]) })).toThrow(
    new RangeError('unet.edmAverageVelocity: interval.r must have shape [2], got [1].'),
  )
  expect(() => new SongUNet({ ...tiny, times: 3 as never }, { rng })).toThrow(
    'unet.SongUNet: times must be an integer in [1, 2], got 3.',
  )
  // @ts-expect-error an average velocity is no velocity: it takes two times
  const field: Field<tf.Tensor4D> = u
  expect(field).toBe(u)
})
