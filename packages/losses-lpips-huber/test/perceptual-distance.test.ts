import { createRng } from '@rectified-flow/core'
import {
  calibrateHeads,
  createSmallVgg,
  type FeaturePyramid,
  perceptualDistance,
} from '@rectified-flow/losses-lpips-huber'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, f32, net, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { expectGradient } from './gradients.js'
import { smoothPyramid } from './smooth-pyramid.js'

const identity: FeaturePyramid = images => [tf.clone(images)]
const images = (seed: number, shape = [3, 8, 8, 1]) => createRng(seed).normal(shape) as tf.Tensor4D

/** The formula composed of tfjs ops, with both branches on the tape. */
function onTape(features: FeaturePyramid, heads: tf.Tensor1D[]) {
  const unit = (f: tf.Tensor4D) => {
    // The smallest normal number: TensorFlow takes smaller ones as 0, where the root's gradient is infinite.
    const squared = tf.maximum(tf.sum(tf.square(f), 3, true), 1.2e-38)
    return tf.div(f, tf.add(tf.sqrt(squared), 1e-10))
  }
  return (a: tf.Tensor4D, b: tf.Tensor4D) => {
    const targets = features(b)
    const layers = features(a).map((map, i) => {
      const squared = tf.square(tf.sub(unit(map), unit(targets[i]!)))
      return tf.mean(tf.sum(tf.mul(squared, heads[i]!), 3), [1, 2])
    })
    return tf.addN(layers) as tf.Tensor1D
  }
}

describe('perceptualDistance', () => {
  const vgg = () => createSmallVgg({ rng: createRng(1), widths: [4, 6] }).freeze()
  let heads: tf.Tensor1D[]
  let features: FeaturePyramid
  beforeAll(() => {
    features = vgg().features
    heads = [createRng(2).uniform([4]), createRng(3).uniform([6])] as tf.Tensor1D[]
  })

  it('is |unit(a) - unit(b)|^2 for a network of one layer', async () => {
    const distance = perceptualDistance(identity)
    const a = tf.tensor4d([3, 4, 0, 2], [1, 2, 1, 2])
    const b = tf.tensor4d([4, 3, 5, 0], [1, 2, 1, 2])
    // (0.2^2 + 0.2^2 + 1 + 1) / 2; with heads 1 and 3 ((0.04 + 3 * 0.04) + (1 + 3)) / 2
    await expectClose(distance(a, b), [1.04], f32)
    const weighted = perceptualDistance(identity, { heads: [tf.tensor1d([1, 3])] })
    await expectClose(weighted(a, b), [2.08], f32)
  })

  it('is 0 with gradient 0 for equal images, also where all features are 0', async () => {
    for (const x of [images(4), tf.zeros([3, 8, 8, 1]) as tf.Tensor4D]) {
      for (const pyramid of [features, identity]) {
        const distance = perceptualDistance(pyramid)
        const { value, grad } = tf.valueAndGrad(y => distance(y as tf.Tensor4D, x))(tf.clone(x), tf.ones([3]))
        await expectClose(value, [0, 0, 0], exact)
        await expectClose(grad, tf.zeros(x.shape), exact)
      }
    }
  })

  it('has a finite gradient where the features are 0 and the target is not', async () => {
    const distance = perceptualDistance(identity)
    const gradient = tf.grad(y => distance(y as tf.Tensor4D, images(5)))(tf.zeros([3, 8, 8, 1]))
    await expectClose(gradient, tf.zeros([3, 8, 8, 1]), exact)
  })

  it('has the value and gradient of the formula with both branches on the tape', async () => {
    const [a, b] = [images(6), images(7)]
    const dy = createRng(8).normal([3])
    const run = (distance: (a: tf.Tensor4D, b: tf.Tensor4D) => tf.Tensor) =>
      tf.valueAndGrad(x => distance(x as tf.Tensor4D, b))(a, dy)
    const [ours, tape] = [run(perceptualDistance(features, { heads })), run(onTape(features, heads))]
    await expectClose(ours.value, tape.value, sum)
    await expectClose(ours.grad, tape.grad, net)
  })

  it('has the gradient of finite differences', () => {
    const distance = perceptualDistance(smoothPyramid, { heads })
    const b = images(10)
    expectGradient(x => distance(x as tf.Tensor4D, b), images(9))
  })

  it('gives its second argument no gradient, and keeps its features off the tape', async () => {
    const [a, b] = [images(11), images(12)]
    const distance = perceptualDistance(features)
    const ofBoth = tf.grad(x => distance(tf.mul(x, 2) as tf.Tensor4D, x as tf.Tensor4D))(a)
    const ofFirst = tf.grad(x => distance(tf.mul(x, 2) as tf.Tensor4D, a))(a)
    await expectClose(ofBoth, ofFirst, exact)
    expect(() => tf.grad(x => distance(a, x as tf.Tensor4D))(b)).toThrow('Cannot compute gradient')

    const held = (body: () => tf.Tensor) => {
      let tensors = 0
      tf.grad(x => {
        const start = tf.memory().numTensors
        const y = tf.tidy(body)
        tensors = tf.memory().numTensors - start
        return tf.add(tf.sum(x), tf.sum(y))
      })(a)
      return tensors
    }
    // The tensors on the tape with only the first branch on it. With the second there would be twice as many.
    const first = held(() => tf.addN(features(a).map(map => tf.sum(map))))
    expect(held(() => distance(a, b))).toBeLessThan(1.5 * first)
    expect(held(() => onTape(features, heads)(a, b))).toBeGreaterThan(2 * first)
  })

  it('gives a sample alone the same as in a batch', async () => {
    const [a, b] = [images(13), images(14)]
    const distance = perceptualDistance(features, { heads })
    const batch = distance(a, b)
    for (let i = 0; i < 3; i++)
      await expectClose(distance(tf.slice(a, i, 1), tf.slice(b, i, 1)), tf.slice(batch, i, 1), sum)
    await expectClose(distance(b, a), batch, sum)
  })

  it('leaves nothing behind', async () => {
    const [a, b] = [images(15), images(16)]
    const distance = perceptualDistance(features)
    await expectNoLeak(() => tf.dispose([distance(a, b), tf.grad(x => distance(x as tf.Tensor4D, b))(a)]))
  })

  it('turns the tape on again after a network throws', async () => {
    const broken = perceptualDistance(() => {
      throw new Error('broken')
    })
    expect(() => broken(images(1), images(2))).toThrow('broken')
    await expectClose(tf.grad(x => tf.square(x))(tf.scalar(3)), tf.scalar(6), f32)
  })

  it('says what is wrong', () => {
    const where = 'losses-lpips-huber.perceptualDistance'
    const distance = perceptualDistance(features)
    expect(() => distance(images(1), images(1, [3, 4, 4, 1]))).toThrow(
      new RangeError(`${where}: b must have shape [3,8,8,1], got [3,4,4,1].`),
    )
    expect(() => distance(tf.zeros([2, 3]) as never, images(1))).toThrow(
      new RangeError(`${where}: a must have shape [B,H,W,C], got [2,3].`),
    )
    const one = perceptualDistance(features, { heads: heads.slice(0, 1) })
    expect(() => one(images(1), images(2))).toThrow(
      new RangeError(`${where}: heads must have one weight tensor per layer (2), got 1.`),
    )
    const wrong = perceptualDistance(features, { heads: [heads[1]!, heads[0]!] })
    expect(() => wrong(images(1), images(2))).toThrow(
      new RangeError(`${where}: heads[0] must have shape [4], got [6].`),
    )
  })
})

describe('calibrateHeads', () => {
  it('makes all layers contribute equally, and the mean distance of unrelated images 1', async () => {
    const { features } = createSmallVgg({ rng: createRng(1), widths: [4, 6] }).freeze()
    const [a, b] = [images(20, [16, 8, 8, 1]), images(21, [16, 8, 8, 1])]
    const heads = calibrateHeads(features, a, b)
    await expectClose(tf.mean(perceptualDistance(features, { heads })(a, b)), tf.scalar(1), sum)
    for (const layer of [0, 1]) {
      const alone = heads.map((head, i) => (i === layer ? head : tf.zerosLike(head)))
      await expectClose(tf.mean(perceptualDistance(features, { heads: alone })(a, b)), tf.scalar(0.5), sum)
    }
    await expectNoLeak(() => tf.dispose(calibrateHeads(features, a, b)))
  })
})
