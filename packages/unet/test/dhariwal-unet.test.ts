import { createRng } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, sum } from '@rectified-flow/tools/matchers'
import { DhariwalUNet, type DhariwalUNetConfig } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { perturbed } from './small-net.js'

const config = {
  imgResolution: 8,
  inChannels: 1,
  outChannels: 2,
  labelDim: 3,
  augmentDim: 2,
  modelChannels: 8,
  channelMult: [2, 1],
  numBlocks: 1,
  attnResolutions: [4],
  dropout: 0.2,
} satisfies DhariwalUNetConfig

const rng = createRng(3)
const images = (b: number) => rng.fork('x').normal([b, 8, 8, 1])
const noise = (b: number) => rng.fork('noise').normal([b])
const randomNet = (options: Partial<DhariwalUNetConfig> = {}) =>
  perturbed(new DhariwalUNet({ ...config, ...options }, { rng: createRng(1) }))
const different = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]

describe('forward', () => {
  it('gives a sample the same output alone and in a batch', async () => {
    const [net, x, c] = [randomNet(), images(3), noise(3)]
    const classLabels = tf.eye(3) as tf.Tensor2D
    const all = net.forward(x, c, { classLabels })
    expect(all.shape).toEqual([3, 8, 8, 2])
    const alone = net.forward(tf.slice(x, 1, 1), tf.slice(c, 1, 1), {
      classLabels: tf.slice(classLabels, 1, 1),
    })
    await expectClose(alone, tf.slice(all, 1, 1), sum)
  })

  it('depends on class labels, augmentation labels and the noise', async () => {
    const [net, x, c] = [randomNet(), images(2), noise(2)]
    const plain = net.forward(x, c)
    await expectClose(net.forward(x, c, { classLabels: tf.zeros([1, 3]) }), plain, sum)
    expect(different(net.forward(x, c, { classLabels: tf.ones([1, 3]) }), plain)).toBeGreaterThan(1e-3)
    expect(different(net.forward(x, c, { augmentLabels: tf.ones([2, 2]) }), plain)).toBeGreaterThan(1e-3)
    expect(different(net.forward(x, tf.add(c, 100)), plain)).toBeGreaterThan(1e-3)
  })

  it('has heads of 64 channels, or one', () => {
    for (const modelChannels of [8, 128])
      expect(randomNet({ modelChannels, channelMult: [1] }).forward(images(1), noise(1)).shape).toEqual([
        1, 8, 8, 2,
      ])
  })

  it('drops activations and labels only in training', async () => {
    const [net, x, c] = [randomNet({ labelDropout: 1 }), images(2), noise(2)]
    const run = (seed: number, classLabels?: tf.Tensor2D) =>
      net.forward(x, c, { training: { rng: createRng(seed) }, ...(classLabels && { classLabels }) })
    await expectClose(run(1), run(1), exact)
    await expectClose(run(1, tf.ones([2, 3])), run(1), sum)
    expect(different(run(1), run(2))).toBeGreaterThan(1e-3)
    expect(different(run(1), net.forward(x, c))).toBeGreaterThan(1e-3)
  })

  it('leaves no tensor behind', async () => {
    const net = randomNet()
    const [x, c] = [images(1), noise(1)]
    await expectNoLeak(() => net.forward(x, c).dispose())
    await expectNoLeak(() => new DhariwalUNet(config, { rng: createRng(1) }).dispose())
  })
})

it('begins as EDM draws it: Kaiming uniform, zeros at the ends of branches, N(0, 1) for class labels', () => {
  const net = new DhariwalUNet({ ...config, modelChannels: 32, labelDim: 40 }, { rng: createRng(5) })
  for (const [name, variable] of net.weights) {
    const values = variable.dataSync() as Float32Array
    const n = values.length
    const mean = values.reduce((a, b) => a + b / n, 0)
    const square = values.reduce((a, b) => a + (b * b) / n, 0)
    if (/norm\d?\.bias$/.test(name) || /(conv1|proj|out_conv|map_augment)\./.test(name))
      expect(
        values.every(value => value === 0),
        name,
      ).toBe(true)
    else if (/norm\d?\.weight$/.test(name))
      expect(
        values.every(value => value === 1),
        name,
      ).toBe(true)
    else if (name === 'map_label.weight') {
      expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(n))
      expect(Math.abs(square - 1)).toBeLessThan(5 * Math.sqrt(2 / n))
    } else {
      const weight = net.weights.get(name.replace(/bias$/, 'weight'))!
      const bound = Math.sqrt(weight.shape.at(-1)! / weight.size) // 1 / sqrt(fan in)
      expect(
        values.every(value => Math.abs(value) <= bound * (1 + 1e-6)),
        name,
      ).toBe(true)
      expect(Math.abs(mean), name).toBeLessThan(5 * (bound / Math.sqrt(3 * n)))
      expect(Math.abs(square - bound ** 2 / 3), name).toBeLessThan(5 * bound ** 2 * Math.sqrt(4 / 45 / n))
    }
  }
})

it('says what is wrong', () => {
  const make = (options: object) => () => new DhariwalUNet({ ...config, ...options }, { rng })
  expect(make({ encoderType: 'skip' })).toThrow(
    'unet.DhariwalUNet: config must be of imgResolution, inChannels, outChannels, type, labelDim, augmentDim, ' +
      'modelChannels, channelMult, channelMultEmb, numBlocks, attnResolutions, dropout, labelDropout, times, ' +
      "got 'encoderType'.",
  )
  expect(make({ modelChannels: 7 })).toThrow('unet.DhariwalUNet: modelChannels must be even, got 7.')
  expect(make({ type: 'song' })).toThrow("unet.DhariwalUNet: type must be one of dhariwal, got 'song'.")
  expect(make({ modelChannels: 136, channelMult: [1], attnResolutions: [] })).toThrow(
    'unet.DhariwalUNet: channels of enc.8x8_block0 must be a multiple of the 32 groups that normalise them, got 136. Change modelChannels or channelMult.',
  )
})
