import { holdOut, imageDataset, pairSet } from '@rectified-flow/datasets'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

/** Image i has the value i, in the order of the classes. */
const images = (count: number) =>
  imageDataset({
    images: Uint8Array.from({ length: count }, (_, i) => i),
    ...{ height: 1, width: 1, channels: 1 },
    labels: Uint8Array.from({ length: count }, (_, i) => Math.floor((i * 2) / count)),
    classes: 2,
    classNames: ['dark', 'bright'],
  })
const all = ({ count }: { count: number }) => Array.from({ length: count }, (_, i) => i)

describe('holdOut', () => {
  it('has each image in one part, and each class in both', async () => {
    const { training, heldOut } = holdOut(images(20), { share: 0.2 })
    const [rest, held] = [await training.read(all(training)), await heldOut.read(all(heldOut))]
    expect([...held.images]).toEqual([4, 9, 14, 19])
    expect([...rest.images, ...held.images].sort((a, b) => a - b)).toEqual(all({ count: 20 }))
    expect(held.labels).toEqual([0, 0, 1, 1])
    const shape = { height: 1, width: 1, channels: 1 }
    expect(heldOut).toMatchObject({ ...shape, classes: 2, classNames: ['dark', 'bright'] })
  })

  it.each([0.01, 0.07, 0.1, 1 / 3, 0.5, 0.9])(
    'leaves an index in its part when the source grows, share %d',
    async share => {
      const heldOf = async (count: number) => {
        const { heldOut } = holdOut(images(count), { share })
        return [...(await heldOut.read(all(heldOut))).images]
      }
      const [few, more] = [await heldOf(120), await heldOf(200)]
      expect(more.slice(0, few.length)).toEqual(few)
      expect(few).toHaveLength(Math.floor(120 * share))
    },
  )

  it('keeps noise and image of a pair together', async () => {
    const pairs = pairSet({
      images: Uint8Array.from(all({ count: 8 })),
      height: 1,
      width: 1,
      channels: 1,
      seed: 3,
    })
    const { heldOut } = holdOut(pairs, { share: 0.25 })
    tf.tidy(() => {
      const [found, wanted] = [heldOut.batch([1, 0]), pairs.batch([7, 3])]
      for (const part of ['x', 'z'] as const)
        expect([...found[part].dataSync()]).toEqual([...wanted[part].dataSync()])
    })
  })

  it('closes its source', async () => {
    let closed = 0
    const source = { ...images(4), close: async () => void closed++ }
    await holdOut(source, { share: 0.5 }).heldOut.close()
    expect(closed).toBe(1)
  })

  it('says what is wrong', async () => {
    expect(() => holdOut(images(10), { share: 0.05 })).toThrow(
      'datasets.holdOut: share must leave both parts some of 10, got 0.05, which holds out 0.',
    )
    expect(() => holdOut(images(10), { share: 1 })).toThrow('which holds out 10.')
    expect(() => holdOut(images(10), { share: 2 })).toThrow(
      'datasets.holdOut: share must be a number in [0, 1], got 2.',
    )
    expect(() => holdOut(images(10), { shares: 0.1 } as never)).toThrow(
      "datasets.holdOut: options must be of share, got 'shares'. Did you mean share?",
    )
    const { heldOut } = holdOut(images(10), { share: 0.2 })
    expect(() => heldOut.batch([2])).toThrow(
      'datasets.batch: indices[0] must be an integer in [0, 1], got 2.',
    )
  })
})
