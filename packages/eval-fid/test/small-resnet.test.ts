import { readSafetensors, writeSafetensors } from '@rectified-flow/checkpoints'
import { createRng } from '@rectified-flow/core'
import { loadSmallResNet, saveSmallResNet, smallResNet } from '@rectified-flow/eval-fid'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, f32, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

const tiny = { size: 8, channels: 3, widths: [4, 6], classes: 5 }
const images = (n: number, size = 8, channels = 3) => createRng(1).uniform([n, size, size, channels], -1, 1)

describe('smallResNet', () => {
  it('has 72,498 weights and 64 features for digits', () => {
    const net = smallResNet({ rng: createRng(0) })
    const sizes = [...net.weights.values()].map(weight => weight.size)
    expect(sizes.reduce((a, b) => a + b)).toBe(72498)
    expect(net.extract(images(2, 28, 1)).shape).toEqual([2, 64])
    expect(net.logits(images(2, 28, 1)).shape).toEqual([2, 10])
  })

  it('is the same for the same seed', async () => {
    const [a, b] = [0, 0].map(seed => smallResNet({ rng: createRng(seed), ...tiny }))
    await expectClose(a!.extract(images(2)), b!.extract(images(2)), exact)
  })

  it('gives an image the same features alone and in a batch', async () => {
    const net = smallResNet({ rng: createRng(0), ...tiny })
    const x = images(3)
    const alone = net.extract(tf.slice(x, [1, 0, 0, 0], [1, 8, 8, 3]))
    await expectClose(alone, tf.slice(net.extract(x), [1, 0], [1, 6]), f32)
  })

  it('measures features and logits in one pass', async () => {
    const net = smallResNet({ rng: createRng(0), ...tiny })
    const x = images(3)
    const { features, logits } = net.measure(x, ['features', 'logits'])
    await expectClose(features, net.extract(x), exact)
    await expectClose(logits, net.logits(x), exact)
  })

  it('has gradients that agree with finite differences in every weight', async () => {
    const net = smallResNet({ rng: createRng(0), ...tiny })
    const x = images(2)
    const rng = createRng(3)
    for (const [name, weight] of net.weights) {
      weight.assign(tf.add(weight, tf.mul(rng.fork(name).normal(weight.shape), 0.1)))
    }
    const loss = () => tf.mean(tf.square(net.logits(x))) as tf.Scalar
    const { grads } = tf.variableGrads(loss, [...net.weights.values()])
    for (const [name, weight] of net.weights) {
      const before = tf.clone(weight)
      const direction = rng.fork(`${name} direction`).normal(weight.shape)
      const at = (h: number) => {
        weight.assign(tf.add(before, tf.mul(direction, h)))
        return loss().dataSync()[0]!
      }
      const slope = (at(1e-2) - at(-1e-2)) / 2e-2
      weight.assign(before)
      const expected = tf.sum(tf.mul(grads[weight.name]!, direction)).dataSync()[0]!
      // Central differences in float32 have the rounding error of the loss divided by 2h.
      await expectClose(slope, expected, { rtol: 2e-2, atol: 1e-3 })
    }
  })

  it('learns', () => {
    const net = smallResNet({ rng: createRng(0), ...tiny })
    const x = images(8)
    const target = tf.oneHot(tf.tensor1d([0, 1, 2, 3, 4, 0, 1, 2], 'int32'), 5)
    const loss = () => tf.neg(tf.mean(tf.sum(tf.mul(target, tf.logSoftmax(net.logits(x))), -1))) as tf.Scalar
    const before = loss().dataSync()[0]!
    const optimizer = tf.train.adam(1e-2)
    for (let i = 0; i < 60; i++) optimizer.minimize(loss, false, [...net.weights.values()])
    expect(loss().dataSync()[0]).toBeLessThan(before / 10)
  })

  it('leaves no tensor behind', async () => {
    await expectNoLeak(() => {
      const net = smallResNet({ rng: createRng(0), ...tiny })
      const x = images(2)
      tf.dispose([net.extract(x), net.logits(x), x])
      net.dispose()
      net.dispose()
    })
  })

  it('says what is wrong', () => {
    const net = smallResNet({ rng: createRng(0) })
    expect(() => net.extract(images(1, 32, 1))).toThrow(
      new RangeError('eval-fid.SmallResNet.extract: images must have shape [N,28,28,1], got [1,32,32,1].'),
    )
    expect(() => smallResNet({ rng: createRng(0), widths: [4, 5] })).toThrow(
      new RangeError('eval-fid.smallResNet: widths[1] must be even, got 5.'),
    )
  })
})

describe('saveSmallResNet, loadSmallResNet', () => {
  it('round-trip', async () => {
    const net = smallResNet({ rng: createRng(4), ...tiny })
    const copy = loadSmallResNet(await saveSmallResNet(net))
    expect(copy.config).toEqual(tiny)
    await expectClose(copy.logits(images(2)), net.logits(images(2)), sum)
  })

  it('leave no tensor behind', async () => {
    const bytes = await saveSmallResNet(smallResNet({ rng: createRng(4), ...tiny }))
    await expectNoLeak(() => loadSmallResNet(bytes).dispose())
  })

  it('reject a file that is not one, or not whole', async () => {
    const bytes = await saveSmallResNet(smallResNet({ rng: createRng(4), ...tiny }))
    const { tensors, metadata } = readSafetensors(bytes)
    expect(() => loadSmallResNet(writeSafetensors(tensors))).toThrow(
      new RangeError(
        "eval-fid.loadSmallResNet: metadata must have the architecture 'rectified-flow/small-resnet', got none.",
      ),
    )
    expect(() => loadSmallResNet(writeSafetensors(tensors, { ...metadata, config: '{' }))).toThrow(
      new RangeError("eval-fid.loadSmallResNet: metadata must have a valid config, got '{'."),
    )
    tensors.delete('1.down.bias')
    expect(() => loadSmallResNet(writeSafetensors(tensors, metadata))).toThrow(
      new RangeError('eval-fid.loadSmallResNet: 1.down.bias must be F32 [6], got none.'),
    )
  })
})
