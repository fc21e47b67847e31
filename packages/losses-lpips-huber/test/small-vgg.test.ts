import { adamEma } from '@rectified-flow/backends'
import { writeSafetensors } from '@rectified-flow/checkpoints'
import { createRng, type Weights } from '@rectified-flow/core'
import { createSmallVgg, loadSmallVgg, saveSmallVgg } from '@rectified-flow/losses-lpips-huber'
import { readDigitPerception } from '@rectified-flow/losses-lpips-huber/node'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, f32 } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

const small = (seed = 1) => createSmallVgg({ rng: createRng(seed), widths: [4, 6], channels: 2, classes: 3 })
const images = (n: number, seed = 2) => createRng(seed).normal([n, 8, 8, 2])

describe('SmallVgg', () => {
  it('halves the image between stages', () => {
    const net = createSmallVgg({ rng: createRng(1) })
    const x = tf.zeros([2, 28, 28, 1]) as tf.Tensor4D
    expect(net.features(x).map(map => map.shape)).toEqual([
      [2, 28, 28, 16],
      [2, 14, 14, 32],
      [2, 7, 7, 64],
    ])
    expect(net.logits(x).shape).toEqual([2, 10])
    net.dispose()
  })

  it('is a stack of convolutions, ReLU and averages', async () => {
    const net = small()
    const x = images(2)
    const conv = (y: tf.Tensor4D, name: string) =>
      tf.relu(
        tf.add(
          tf.conv2d(y, net.weights.get(`${name}.weight`) as unknown as tf.Tensor4D, 1, 'same'),
          net.weights.get(`${name}.bias`)!,
        ),
      ) as tf.Tensor4D
    const first = conv(conv(x, 'stage.0.conv.0'), 'stage.0.conv.1')
    const halved = tf.mean(tf.reshape(first, [2, 4, 2, 4, 2, 4]), [2, 4]) as tf.Tensor4D
    const second = conv(conv(halved, 'stage.1.conv.0'), 'stage.1.conv.1')
    const [a, b] = net.features(x)
    await expectClose(a!, first, f32)
    await expectClose(b!, second, f32)
  })

  it("starts with He's initialisation and can be repeated", async () => {
    const net = createSmallVgg({ rng: createRng(5) })
    const filter = net.weights.get('stage.2.conv.1.weight')!
    const variance = tf.mean(tf.square(filter)).dataSync()[0]!
    const expected = 2 / (9 * 64)
    expect(Math.abs(variance - expected)).toBeLessThan(5 * expected * Math.sqrt(2 / filter.size))
    const again = createSmallVgg({ rng: createRng(5) })
    await expectClose(again.weights.get('stage.2.conv.1.weight')!, filter, exact)
    net.dispose()
    again.dispose()
  })

  it('learns: the loss of a few labelled images falls', () => {
    const net = small()
    const weights: Weights = net.weights
    const list = [...weights.values()]
    const slots = list.map(weight => {
      const [m, v] = [tf.variable(tf.zerosLike(weight)), tf.variable(tf.zerosLike(weight))]
      return { weight, m, v, ema: tf.variable(weight) }
    })
    const x = images(6)
    const labels = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32'), 3)
    const losses: number[] = []
    for (let step = 1; step <= 30; step++) {
      const { value, grads } = tf.variableGrads(
        () => tf.mean(tf.neg(tf.sum(tf.mul(labels, tf.logSoftmax(net.logits(x))), 1))),
        list,
      )
      losses.push(value.dataSync()[0]!)
      adamEma(
        slots,
        slots.map(({ weight }) => grads[weight.name]!),
        { step, learningRate: 0.02 },
      )
    }
    expect(losses.at(-1)).toBeLessThan(0.2 * losses[0]!)
  })

  it('freezes to a copy that no longer follows the variables, and has no variables', async () => {
    const net = small()
    const frozen = net.freeze()
    const x = images(1)
    const before = frozen.logits(x)
    await expectClose(before, net.logits(x), exact)
    const weight = net.weights.get('stage.0.conv.0.weight')!
    weight.assign(tf.zerosLike(weight))
    await expectClose(frozen.logits(x), before, exact)
    net.dispose()
    net.dispose()
    await expectClose(frozen.logits(x), before, exact)
    for (const plain of frozen.weights.values()) expect(plain).not.toBeInstanceOf(tf.Variable)
    frozen.dispose()
  })

  it('says what is wrong', () => {
    const rng = createRng(1)
    expect(() => createSmallVgg({ rng, widths: [] })).toThrow(
      new RangeError('losses-lpips-huber.createSmallVgg: widths must have at least one stage, got [].'),
    )
    expect(() => createSmallVgg({ rng, widths: [4, 0] })).toThrow(
      new RangeError('losses-lpips-huber.createSmallVgg: widths[1] must be an integer >= 1, got 0.'),
    )
    expect(() => small().features(tf.zeros([1, 2, 8, 8]))).toThrow(
      new RangeError(
        'losses-lpips-huber.SmallVgg.features: images must have shape [B,H,W,2], got [1,2,8,8]. For NCHW use tf.transpose(images, [0,2,3,1]).',
      ),
    )
    expect(() => small().logits(tf.zeros([1, 8, 8, 3]))).toThrow(
      new RangeError('losses-lpips-huber.SmallVgg.logits: images must have shape [B,H,W,2], got [1,8,8,3].'),
    )
  })

  it('leaves nothing behind', async () => {
    const x = images(1)
    const heads = [tf.ones([4]), tf.ones([6])] as tf.Tensor1D[]
    await expectNoLeak(async () => {
      const net = small()
      tf.dispose(net.features(x))
      net.logits(x).dispose()
      const frozen = net.freeze(heads)
      const loaded = loadSmallVgg(await saveSmallVgg(frozen))
      for (const each of [net, frozen, loaded, loaded]) each.dispose()
    })
  })
})

describe('loadSmallVgg', () => {
  it('gives back what was saved, architecture and heads included', async () => {
    const heads = [createRng(7).uniform([4]), createRng(8).uniform([6])] as tf.Tensor1D[]
    const net = small().freeze(heads)
    const loaded = loadSmallVgg(await saveSmallVgg(net, { licence: 'Apache-2.0' }))
    expect(loaded.architecture).toEqual({ widths: [4, 6], channels: 2, classes: 3 })
    for (const [name, weight] of net.weights) await expectClose(loaded.weights.get(name)!, weight, exact)
    for (const [i, head] of heads.entries()) await expectClose(loaded.heads![i]!, head, exact)
    expect(loadSmallVgg(await saveSmallVgg(small())).heads).toBeUndefined()
  })

  it('says what is wrong with a file', async () => {
    const where = "losses-lpips-huber.loadSmallVgg: the file's"
    const file = (metadata: Record<string, string>) => writeSafetensors({}, metadata)
    expect(() => loadSmallVgg(file({}))).toThrow(
      new RangeError(`${where} metadata format must be 'small-vgg', got undefined.`),
    )
    expect(() => loadSmallVgg(file({ format: 'small-vgg', widths: '[4,' }))).toThrow(
      new RangeError(`${where} metadata widths must be a list of sizes, got '[4,'.`),
    )
    const whole = { format: 'small-vgg', widths: '[4]', channels: '1', classes: '2' }
    expect(() => loadSmallVgg(file({ ...whole, channels: '-1' }))).toThrow(
      new RangeError(`${where} metadata channels must be a size, got '-1'.`),
    )
    expect(() => loadSmallVgg(file({ ...whole, classes: 'x' }))).toThrow(
      new RangeError(`${where} metadata classes must be a size, got 'x'.`),
    )
    await expectNoLeak(() => {
      expect(() => loadSmallVgg(file(whole))).toThrow(
        new RangeError(`${where} stage.0.conv.0.weight must have shape [3,3,1,4], got none.`),
      )
    })
  })
})

describe('readDigitPerception', () => {
  it('says which file is missing', async () => {
    await expect(readDigitPerception('/no/such.safetensors')).rejects.toThrow(
      new RangeError(
        "losses-lpips-huber.readDigitPerception: path must name an existing file, got '/no/such.safetensors'.",
      ),
    )
  })
})
