import { createRng } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, sum } from '@rectified-flow/tools/matchers'
import { SongUNet, type SongUNetConfig } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { randomNet, small } from './small-net.js'

const rng = createRng(3)
const images = (b: number, side = 8) => rng.fork('x').normal([b, side, side, 1])
const noise = (b: number) => rng.fork('noise').normal([b])
const labelsOf = (b: number) => rng.fork('labels').normal([b, 3])

describe('forward', () => {
  it('gives a sample the same output alone and in a batch', async () => {
    const [net, x, c, labels] = [randomNet(), images(3), noise(3), labelsOf(3)]
    const all = net.forward(x, c, { classLabels: labels })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 }), async i => {
        const alone = net.forward(tf.slice(x, i, 1), tf.slice(c, i, 1), {
          classLabels: tf.slice(labels, i, 1),
        })
        await expectClose(alone, tf.slice(all, i, 1), sum)
      }),
      { seed: 1, numRuns: 4 },
    )
  })

  it('takes one label for all samples, and zeros for no label', async () => {
    const [net, x, c] = [randomNet(), images(2), noise(2)]
    const [one, zeros] = [labelsOf(1), tf.zeros([2, 3]) as tf.Tensor2D]
    await expectClose(
      net.forward(x, c, { classLabels: one }),
      net.forward(x, c, { classLabels: tf.tile(one, [2, 1]) }),
      sum,
    )
    await expectClose(net.forward(x, c), net.forward(x, c, { classLabels: zeros }), sum)
    const augmented = net.forward(x, c, { augmentLabels: tf.ones([2, 2]) })
    expect(tf.max(tf.abs(tf.sub(augmented, net.forward(x, c)))).dataSync()[0]).toBeGreaterThan(1e-3)
  })

  it('runs on digits of 28x28 with three levels', () => {
    const config = {
      imgResolution: 28,
      inChannels: 1,
      outChannels: 1,
      modelChannels: 8,
      channelMult: [1, 1, 2],
      numBlocks: 1,
      attnResolutions: [7],
    }
    const out = randomNet(config).forward(images(1, 28), noise(1))
    expect(out.shape).toEqual([1, 28, 28, 1])
    expect(out.dataSync().every(Number.isFinite)).toBe(true)
  })

  it.each<Partial<SongUNetConfig>>([
    { encoderType: 'standard', decoderType: 'standard' },
    { encoderType: 'skip', resampleFilter: [1, 1] },
    { encoderType: 'residual', resampleFilter: [1, 1] },
    { encoderType: 'residual', resampleFilter: [1, 5, 10, 10, 5, 1] },
    { embeddingType: 'positional', channelMultNoise: 1, channelMultEmb: 2, attnResolutions: [] },
    { channelMult: [1], skipScale: 1, numBlocks: 2, dropout: undefined },
  ])('runs with %o', options => {
    const out = randomNet({ ...small, ...options }).forward(images(1), noise(1))
    expect(out.shape).toEqual([1, 8, 8, 1])
    expect(out.dataSync().every(Number.isFinite)).toBe(true)
  })

  it('leaves no tensor behind, with and without gradients', async () => {
    const net = randomNet()
    const [x, c] = [images(1), noise(1)]
    await expectNoLeak(() => net.forward(x, c).dispose())
    await expectNoLeak(() => {
      const training = { rng: createRng(1) }
      const { value, grads } = tf.variableGrads(() => tf.sum(net.forward(x, c, { training })) as tf.Scalar)
      expect(Object.keys(grads)).toHaveLength(net.weights.size - 1) // no augmentation labels were given
      tf.dispose([value, ...Object.values(grads)])
    })
    await expectNoLeak(() => new SongUNet(small, { rng: createRng(1) }).dispose())
  })

  it('returns one tensor and frees none of its arguments', () => {
    const net = randomNet({ ...small, numBlocks: 2 })
    const [x, c] = [images(4), noise(4)]
    const before = tf.memory().numTensors
    const out = net.forward(x, c)
    expect(tf.memory().numTensors).toBe(before + 1)
    expect(x.isDisposed || c.isDisposed).toBe(false)
    out.dispose()
  })
})

describe('dropout', () => {
  it('is off unless training, follows the seed, and keeps the mean', async () => {
    const [net, x, c] = [randomNet(), images(2), noise(2)]
    const run = (seed: number) => net.forward(x, c, { training: { rng: createRng(seed) } })
    await expectClose(net.forward(x, c), net.forward(x, c), exact)
    await expectClose(net.forward(x, c, { training: { rng: undefined } }), net.forward(x, c), exact)
    await expectClose(run(1), run(1), exact)
    const different = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]
    expect(different(run(1), run(2))).toBeGreaterThan(1e-3)
    expect(different(run(1), net.forward(x, c))).toBeGreaterThan(1e-3)
  })

  it('drops class labels', async () => {
    const net = randomNet({ ...small, dropout: 0, labelDropout: 1 })
    const [x, c, classLabels] = [images(2), noise(2), labelsOf(2)]
    await expectClose(
      net.forward(x, c, { classLabels, training: { rng: createRng(1) } }),
      net.forward(x, c),
      sum,
    )
    await expectClose(
      randomNet({ ...small, dropout: 0 }).forward(x, c, { classLabels, training: { rng: createRng(1) } }),
      randomNet({ ...small, dropout: 0 }).forward(x, c, { classLabels }),
      exact,
    )
  })
})

describe('weights', () => {
  it('begin as EDM draws them', () => {
    const net = new SongUNet({ ...small, modelChannels: 32 }, { rng: createRng(5) })
    for (const [name, variable] of net.weights) {
      const values = variable.dataSync() as Float32Array
      if (/bias$/.test(name)) expect(values.every(value => value === 0)).toBe(true)
      else if (/norm\d?\.weight$/.test(name)) expect(values.every(value => value === 1)).toBe(true)
      else {
        const [input, out] = variable.shape.slice(-2) as [number, number]
        const taps = values.length / (input * out)
        const gain = /(conv1|proj|aux_conv)\.weight$/.test(name)
          ? 1e-5
          : /qkv/.test(name)
            ? Math.sqrt(0.2)
            : 1
        const bound = gain * Math.sqrt(6 / ((input + out) * taps))
        expect(values.every(value => Math.abs(value) <= bound * (1 + 1e-6))).toBe(true)
        const mean = values.reduce((a, b) => a + b / values.length, 0)
        const square = values.reduce((a, b) => a + (b * b) / values.length, 0)
        // Var U(-a,a) = a²/3; Var U² = 4a⁴/45.
        expect(Math.abs(mean)).toBeLessThan(5 * (bound / Math.sqrt(3 * values.length)))
        expect(Math.abs(square - bound ** 2 / 3)).toBeLessThan(
          5 * bound ** 2 * Math.sqrt(4 / 45 / values.length),
        )
      }
    }
    const freqs = net.buffers.get('map_noise.freqs')!
    expect(freqs.trainable).toBe(false)
    expect(tf.sqrt(tf.mean(tf.square(freqs))).dataSync()[0]).toBeGreaterThan(8)
  })

  it('depend only on the seed and their name', async () => {
    const one = new SongUNet(small, { rng: createRng(5) })
    const other = new SongUNet({ ...small, numBlocks: 2, labelDim: 0 }, { rng: createRng(5) })
    const name = 'enc.8x8_block0.conv0.weight'
    await expectClose(one.weights.get(name) as tf.Tensor, other.weights.get(name) as tf.Tensor, exact)
  })

  it('can be replaced: withWeights uses the given ones and never frees them', async () => {
    const net = randomNet()
    const ema = new Map(Array.from(net.weights, ([name, value]) => [name, tf.variable(tf.mul(value, 0.5))]))
    const view = net.withWeights(ema)
    const [x, c] = [images(1), noise(1)]
    expect(view.forward(x, c).dataSync()).not.toEqual(net.forward(x, c).dataSync())
    view.dispose()
    view.dispose()
    expect([...ema.values()].some(value => value.isDisposed)).toBe(false)
    await expectClose(net.withWeights(net.weights).forward(x, c), net.forward(x, c), exact)
  })
})

describe('messages', () => {
  let [net, disposed, bare] = [] as unknown as [SongUNet, SongUNet, SongUNet]
  let [x, c] = [] as unknown as [tf.Tensor4D, tf.Tensor1D]
  beforeAll(() => {
    net = randomNet()
    disposed = randomNet()
    disposed.dispose()
    disposed.dispose()
    bare = randomNet({ ...small, labelDim: 0 })
    x = images(2)
    c = noise(2)
  })
  const make = (options: object) => () => new SongUNet({ ...small, ...options } as SongUNetConfig, { rng })
  const cases: [string, () => unknown, string][] = [
    [
      'NCHW',
      () => net.forward(tf.zeros([2, 1, 8, 8]), c),
      'unet.forward: x must have shape [B,8,8,1], got [2,1,8,8]. For NCHW use tf.transpose(x, [0,2,3,1]).',
    ],
    ['times', () => net.forward(x, noise(1)), 'unet.forward: noiseLabels must have shape [2], got [1].'],
    ['disposed', () => disposed.forward(x, c), 'unet.forward: the network must be live, got a disposed one.'],
    [
      'labels',
      () => net.forward(x, c, { classLabels: tf.zeros([2, 4]) }),
      'unet.forward: classLabels must have shape [2,3], got [2,4].',
    ],
    [
      'no labels',
      () => bare.forward(x, c, { classLabels: tf.zeros([2, 3]) }),
      'unet.forward: classLabels must be absent for a network without them, got a tensor.',
    ],
    [
      'even',
      make({ imgResolution: 6, channelMult: [1, 1, 1] }),
      'unet.SongUNet: imgResolution must be divisible by 4 for 3 levels, got 6.',
    ],
    [
      'encoder',
      make({ encoderType: 'x' }),
      "unet.SongUNet: encoderType must be one of standard, skip, residual, got 'x'.",
    ],
    ['option', make({ chanelMult: [1] }), "got 'chanelMult'. Did you mean channelMult?"],
    [
      'mult',
      make({ channelMult: [] }),
      'unet.SongUNet: channelMult must be a list of 1 or more integers in [1, 65536], got [].',
    ],
    [
      'taps',
      make({ resampleFilter: [1, 2, 1] }),
      'unet.SongUNet: resampleFilter must have an even number of taps, at most 64, got 3.',
    ],
    ['blocks', make({ numBlocks: 0 }), 'unet.SongUNet: numBlocks must be an integer in [1, 1000], got 0.'],
    [
      'groups',
      make({ modelChannels: 136 }),
      'unet.SongUNet: channels of enc.8x8_block0 must be a multiple of the 32 groups that normalise them, got 136. Change modelChannels or channelMult.',
    ],
    [
      'noise channels',
      make({ modelChannels: 6, channelMultNoise: 1 }),
      'unet.SongUNet: modelChannels * channelMultNoise must be divisible by 4, got 6.',
    ],
    [
      'weights',
      () => net.withWeights(new Map()),
      'unet.SongUNet: map_label.weight must be a tensor, got undefined.',
    ],
  ]
  it.each(cases)('%s', (_, call, message) => {
    expect(call).toThrow(message)
  })
})

it('trains with one level of one block, whose embedding has one piece', () => {
  const one = {
    imgResolution: 4,
    inChannels: 1,
    outChannels: 1,
    modelChannels: 8,
    channelMult: [1],
    numBlocks: 1,
  }
  const net = new SongUNet({ ...one, attnResolutions: [] }, { rng: createRng(0) })
  const x = createRng(1).normal([1, 4, 4, 1])
  const loss = () => tf.mean(tf.square(net.forward(x, tf.tensor1d([0.5])))) as tf.Scalar
  const { grads } = tf.variableGrads(loss, [...net.weights.values()])
  expect(Object.keys(grads)).toHaveLength(net.weights.size)
})
