import { createRng } from '@rectified-flow/core'
import { batches, type ImageSource, imageDataset, readBatch } from '@rectified-flow/datasets'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

const data = imageDataset({
  images: Uint8Array.from({ length: 7 }, (_, i) => i * 20),
  height: 1,
  width: 1,
  channels: 1,
  labels: Uint8Array.of(0, 1, 2, 0, 1, 2, 0),
  classes: 3,
})

async function pixels(options: Parameters<typeof batches>[1]): Promise<number[][]> {
  const all: number[][] = []
  for await (const { x, labels } of batches(data, options)) {
    all.push([...x.dataSync()].map(v => Math.round((v + 1) * 127.5) / 20))
    tf.dispose([x, labels!])
  }
  return all
}

describe('batches', () => {
  it('gives all images in order, in a short last batch if needed', async () => {
    expect(await pixels({ batch: 3 })).toEqual([[0, 1, 2], [3, 4, 5], [6]])
    expect(await pixels({ batch: 3, dropLast: true, prefetch: 0 })).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ])
    expect(await pixels({ batch: 2, order: [5, 3, 3] })).toEqual([[5, 3], [3]])
  })

  it('gives every image once in each epoch, in an order that depends on the seed and the epoch', async () => {
    const drawn = (await pixels({ batch: 7, rng: createRng(1), epochs: 2 })) as [number[], number[]]
    for (const epoch of drawn) expect([...epoch].sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(drawn[0]).not.toEqual(drawn[1])
    expect(await pixels({ batch: 7, rng: createRng(1), epochs: 2, prefetch: 5 })).toEqual(drawn)
  })

  it('reads at most `prefetch` batches ahead while the caller works', async () => {
    let begun = 0
    let closed = 0
    const slow: ImageSource = {
      ...data,
      read: async indices => {
        begun++
        await new Promise(resolve => setTimeout(resolve, 5))
        closed++
        return data.read(indices)
      },
    }
    const stream = batches(slow, { batch: 1, epochs: Infinity, prefetch: 2 })
    for (let i = 1; i < 4; i++) {
      const { value } = await stream.next()
      tf.dispose(value as never)
      await new Promise(resolve => setTimeout(resolve, 15))
      expect([begun, closed]).toEqual([i + 2, i + 2])
    }
    await stream.return()
    expect(begun).toBe(closed)
  })

  it("throws the error of a batch when that batch's turn comes", async () => {
    const broken: ImageSource = {
      ...data,
      read: async indices => {
        if (indices[0] === 4) throw new Error('no disk')
        return data.read(indices)
      },
    }
    const seen: number[] = []
    await expect(async () => {
      for await (const { x } of batches(broken, { batch: 2 })) seen.push(x.shape[0])
    }).rejects.toThrow('no disk')
    expect(seen).toEqual([2, 2])
  })

  it('leaks no tensor', async () => {
    await expectNoLeak(async () => {
      for await (const batch of batches(data, { batch: 3, epochs: Infinity })) {
        tf.dispose(batch)
        break
      }
      tf.dispose(await readBatch(data, [2]))
    })
    const { x, labels } = await readBatch(data, [2])
    await expectClose(x, tf.tensor4d([Math.fround(40 / 127.5 - 1)], [1, 1, 1, 1]), exact)
    await expectClose(labels!, tf.tensor2d([[0, 0, 1]]), exact)
  })

  it('says what is wrong', async () => {
    await expect(batches(data, { batch: 0 }).next()).rejects.toThrow(
      'datasets.batches: batch must be an integer >= 1, got 0.',
    )
    await expect(batches(data, { batch: 8, dropLast: true }).next()).rejects.toThrow(
      'datasets.batches: order: its length must be an integer >= 8, got 7.',
    )
    await expect(batches(data, { order: [9] }).next()).rejects.toThrow(
      'datasets.read: indices[0] must be an integer in [0, 6], got 9.',
    )
  })
})
