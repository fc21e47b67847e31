import { createRng, type Features } from '@rectified-flow/core'
import { evaluate, evaluateSpaces, measureImages, measureSpaces, smallResNet } from '@rectified-flow/eval-fid'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'

function* batches(seed: number, ...sizes: number[]): Generator<tf.Tensor4D> {
  for (const [i, n] of sizes.entries()) yield createRng(seed).fork(i).uniform([n, 4, 4, 1], -1, 1)
}

let net: ReturnType<typeof smallResNet>
beforeAll(() => {
  net = smallResNet({ rng: createRng(0), size: 4, channels: 1, widths: [4], classes: 3 })
})
const rows: Features = { dim: 4, extract: images => tf.mean(images, [2, 3]), dispose() {} }

describe('evaluateSpaces', () => {
  it('gives in each space what evaluate gives, from one pass over the images', async () => {
    const keep = ['moments', 'samples'] as const
    const references = {
      net: await measureImages(net, batches(1, 30, 20), { keep }),
      rows: await measureImages(rows, batches(1, 30, 20)),
    }
    const validation = {
      net: await measureImages(net, batches(2, 40)),
      rows: await measureImages(rows, batches(2, 40)),
    }
    let read = 0
    const counted = function* () {
      for (const batch of batches(3, 16, 24)) {
        read++
        yield batch
      }
    }
    const spaces = {
      net: {
        extractor: net,
        reference: references.net,
        validation: validation.net,
        metrics: ['frechetDistance', 'gaussianKernelDistance'] as const,
      },
      rows: { extractor: rows, reference: references.rows, validation: validation.rows },
    }
    const seen: number[] = []
    const found = await evaluateSpaces(spaces, counted(), { seed: 5, onProgress: n => seen.push(n) })
    expect([read, seen]).toEqual([2, [16, 40]])
    for (const name of ['net', 'rows'] as const) {
      const { extractor, ...comparing } = spaces[name]
      const alone = await evaluate(extractor, batches(3, 16, 24), { ...comparing, seed: 5 })
      expect(found.spaces[name]).toEqual(alone)
      const between = await evaluate(extractor, batches(2, 40), { reference: references[name] })
      expect(alone.ratio).toBe(alone.frechetDistance! / between.frechetDistance!)
    }
    expect(found.meanRatio).toBe((found.spaces.net.ratio! + found.spaces.rows.ratio!) / 2)
    expect(found.spaces.net.gaussianKernelDistance).toBeGreaterThan(0)
    const { validation: _, ...unvalidated } = spaces.rows
    expect(await evaluateSpaces({ ...spaces, rows: unvalidated }, batches(3, 40))).not.toHaveProperty(
      'meanRatio',
    )
  })

  it('leaks no tensor, also when a batch has another size', async () => {
    await expectNoLeak(async () => {
      const measured = await measureSpaces(
        { net: { extractor: net }, rows: { extractor: rows } },
        batches(1, 8),
      )
      expect(Object.keys(measured)).toEqual(['net', 'rows'])
      const mixed = [tf.zeros([2, 4, 4, 1]), tf.zeros([2, 4, 5, 1])] as tf.Tensor4D[]
      await expect(measureSpaces({ rows: { extractor: rows } }, mixed)).rejects.toThrow(
        new RangeError('eval-fid.measureSpaces: images must all have the size [4,4,1], got [4,5,1] after 2.'),
      )
    })
  })

  it('says what is wrong', async () => {
    const reference = await measureImages(rows, batches(1, 30))
    const space = { extractor: rows, reference }
    const where = 'eval-fid.evaluateSpaces'
    await expect(evaluateSpaces({}, [])).rejects.toThrow(
      new RangeError(`${where}: spaces must hold at least 1 feature space, got 0.`),
    )
    await expect(evaluateSpaces({ rows: { ...space, ref: 1 } as never }, [])).rejects.toThrow(
      `${where}: spaces.rows must be of extractor, reference, metrics, validation, got 'ref'.`,
    )
    await expect(evaluateSpaces({ rows: space }, batches(1, 5), { atLeast: 6 })).rejects.toThrow(
      new RangeError(`${where}: images must hold at least 6 images, got 5.`),
    )
    await expect(
      evaluate(rows, [], { reference, metrics: ['inceptionScore'], validation: reference }),
    ).rejects.toThrow(
      new RangeError(
        'eval-fid.evaluate: metrics must have frechetDistance for the ratio to validation, got inceptionScore.',
      ),
    )
  })
})
