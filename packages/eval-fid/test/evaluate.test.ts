import { createRng, type Features } from '@rectified-flow/core'
import {
  evaluate,
  frechetDistance,
  type KeptName,
  measureImages,
  type Reference,
  type SmallResNet,
  smallResNet,
} from '@rectified-flow/eval-fid'
import { frechetDistanceInWorker } from '@rectified-flow/eval-fid/node'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'

let net: SmallResNet
beforeAll(() => {
  net = smallResNet({ rng: createRng(0), size: 4, channels: 1, widths: [4], classes: 3 })
})
const all = [
  'frechetDistance',
  'kernelDistance',
  'manifold',
  'memorisationDistance',
  'inceptionScore',
] as const

function* batches(seed: number, ...sizes: number[]): Generator<tf.Tensor4D> {
  for (const [i, n] of sizes.entries()) yield createRng(seed).fork(i).uniform([n, 4, 4, 1], -1, 1)
}

const referenceOf = (keep: readonly KeptName[]): Promise<Reference> =>
  measureImages(net, batches(1, 30, 20), { keep })

describe('evaluate', () => {
  it('computes every metric in one pass, and records how', async () => {
    const reference = await referenceOf(['moments', 'samples'])
    let [passes, seen] = [0, 0]
    const counting = {
      outputs: net.outputs,
      dim: net.dim,
      description: { network: 'counting', weightsSha256: 'abc' },
      extract: net.extract.bind(net),
      dispose() {},
      measure(images: tf.Tensor4D, outputs: readonly ('features' | 'logits')[]) {
        passes++
        return net.measure(images, outputs)
      },
    }
    const found = await evaluate(counting, batches(2, 16, 24), {
      reference,
      metrics: all,
      seed: 3,
      versions: { model: '1' },
      onProgress: images => {
        seen = images
      },
    })
    expect([passes, seen]).toEqual([2, 40])
    const { moments } = await measureImages(net, batches(2, 16, 24))
    expect(found.frechetDistance).toBe(frechetDistance(reference.moments!, moments))
    expect(Object.keys(found).sort()).toEqual([...all, 'record'].sort())
    expect(found.record).toEqual({
      network: 'counting',
      weightsSha256: 'abc',
      images: 40,
      imageSize: [4, 4, 1],
      seed: 3,
      backend: tf.getBackend(),
      versions: { 'tfjs-core': tf.version_core, model: '1' },
      warnings: ['40 images: distances are biased upwards below 2,048, and noisy.'],
    })
    expect(JSON.parse(JSON.stringify(found))).toEqual(found)
  })

  it('accepts plain features and another distance function, and leaks no tensor', async () => {
    const features: Features = { dim: 16, extract: images => tf.reshape(images, [-1, 16]), dispose() {} }
    await expectNoLeak(async () => {
      const reference = await measureImages(features, batches(1, 40))
      const [here, there] = [frechetDistance, frechetDistanceInWorker].map(distance =>
        evaluate(features, batches(2, 12), { reference, distance }),
      )
      expect((await here!).frechetDistance).toBe((await there!).frechetDistance)
      expect((await here!).record.warnings).toHaveLength(2)
    })
  })

  it('takes images with labels, as a dataset gives them, and frees both', async () => {
    const reference = await measureImages(net, batches(1, 30))
    const labelled = async function* () {
      for (const x of batches(2, 16, 24)) yield { x, labels: tf.zeros([x.shape[0], 3]) as tf.Tensor2D }
    }
    const { frechetDistance: plain } = await evaluate(net, batches(2, 16, 24), { reference })
    await expectNoLeak(async () => {
      expect((await evaluate(net, labelled(), { reference })).frechetDistance).toBe(plain)
    })
  })

  it('refuses too few images, mixed sizes, a missing reference and a missing output', async () => {
    const reference = await referenceOf(['moments'])
    await expect(evaluate(net, batches(1, 5), { reference, atLeast: 50_000 })).rejects.toThrow(
      new RangeError('eval-fid.evaluate: images must hold at least 50000 images, got 5.'),
    )
    const mixed = [tf.zeros([2, 4, 4, 1]), tf.zeros([2, 4, 5, 1])] as tf.Tensor4D[]
    await expect(evaluate(net, mixed, { reference })).rejects.toThrow(
      new RangeError('eval-fid.measureImages: images must all have the size [4,4,1], got [4,5,1] after 2.'),
    )
    await expect(evaluate(net, [], { reference })).rejects.toThrow(
      new RangeError('eval-fid.measureImages: images must hold at least 1 image, got 0.'),
    )
    await expect(evaluate(net, batches(1, 5), { reference, metrics: ['manifold'] })).rejects.toThrow(
      new RangeError('eval-fid.evaluate: reference.samples must be given for manifold, got none.'),
    )
    await expect(evaluate(net, [], { reference, metrics: ['fid' as 'manifold'] })).rejects.toThrow(
      new RangeError(
        'eval-fid.evaluate: metrics[0] must be one of frechetDistance, spatialFrechetDistance, kernelDistance, ' +
          "gaussianKernelDistance, manifold, memorisationDistance, inceptionScore, got 'fid'.",
      ),
    )
    await expect(measureImages(net, [], { keep: ['spatial'] })).rejects.toThrow(
      new RangeError(
        "eval-fid.measureImages: extractor must give 'spatial' to keep it, got features,logits.",
      ),
    )
  })
})
