import { alongBatch, type Coupling, createRng } from '@rectified-flow/core'
import { type ImageSource, imageDataset, pairSet } from '@rectified-flow/datasets'
import {
  independentCoupling,
  mixtureCoupling,
  onlineCoupling,
  optimalTransportCoupling,
  prefetch,
  storedCoupling,
  truncatedCoupling,
} from '@rectified-flow/reflow'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, f32 } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'

const SHAPE = [2, 2, 1] as const
const images = Uint8Array.from({ length: 5 * 4 }, (_, i) => i * 12)
const data = imageDataset({ images, height: 2, width: 2, channels: 1 })
const pairs = pairSet({ images, height: 2, width: 2, channels: 1, seed: 1 })
const rng = () => createRng(1)
const independent = () => independentCoupling(data, { rng: rng() })

let points: tf.Tensor2D
beforeAll(() => {
  points = createRng(2).normal([6, 2])
})
const ofPoints = () => independentCoupling(points, { rng: rng() })

const all: [string, () => Coupling, (readonly number[])?][] = [
  ['independent', independent],
  ['stored', () => storedCoupling(pairs, { rng: rng() })],
  ['online', () => onlineCoupling(z => tf.mul(z, 0.5), { shape: SHAPE, rng: rng() })],
  ['optimal transport', () => optimalTransportCoupling(independent())],
  [
    'sinkhorn',
    () => optimalTransportCoupling(independent(), { method: 'sinkhorn', epsilon: 0.5, rng: rng() }),
  ],
  [
    'mixture',
    () =>
      mixtureCoupling(
        [
          { coupling: independent(), weight: 0.4 },
          { coupling: storedCoupling(pairs, { rng: rng() }), weight: 0.6 },
        ],
        { rng: rng() },
      ),
  ],
  ['truncated', () => truncatedCoupling(independent(), { drop: 0.25 })],
  ['prefetch', () => prefetch(storedCoupling(pairs, { rng: rng() }))],
  ['independent, of points,', ofPoints, [2]],
  ['stored, of points,', () => storedCoupling({ x: points, z: points }, { rng: rng() }), [2]],
  ['online, of points,', () => onlineCoupling(z => tf.mul(z, 0.5), { shape: [2], rng: rng() }), [2]],
  ['optimal transport, of points,', () => optimalTransportCoupling(ofPoints()), [2]],
  ['mixture, of points,', () => mixtureCoupling([{ coupling: ofPoints(), weight: 1 }], { rng: rng() }), [2]],
  ['truncated, of points,', () => truncatedCoupling(ofPoints(), { drop: 0.25 }), [2]],
  ['prefetch, of points,', () => prefetch(ofPoints()), [2]],
]

describe.each(all)('%s coupling', (_, make, shape = SHAPE) => {
  it('gives a step the same pairs, whichever steps were drawn before', async () => {
    const first = await make().draw(4, 3)
    const other = make()
    await other.draw(0, 3)
    const second = await other.draw(4, 3)
    expect(first.x.shape).toEqual([3, ...shape])
    await expectClose(first.x, second.x, exact)
    await expectClose(first.z, second.z, exact)
    const third = await other.draw(5, 3)
    expect(await third.z.data()).not.toEqual(await second.z.data())
  })

  it('leaks nothing but the pairs', () =>
    expectNoLeak(async () => {
      const coupling = make() as Coupling & { dispose?(): Promise<void> }
      for (const step of [0, 1, 3]) {
        const { x, z } = await coupling.draw(step, 4)
        tf.dispose([x, z])
      }
      await coupling.dispose?.()
    }))
})

/** Pairs whose first numbers of x are `first`, `first` + 1, ..., in the order of their index. */
function counting(first: number): Coupling {
  return {
    async draw(step, batch) {
      const rows = Array.from({ length: batch }, (_, i) => [first + step * batch + i])
      return tf.tidy(() => {
        const x = tf.reshape(tf.tensor2d(rows), [batch, 1, 1, 1]) as tf.Tensor4D
        return { x, z: tf.zerosLike(x), labels: tf.tensor2d(rows) }
      })
    },
  }
}
const firsts = async ({ x }: { x: tf.Tensor }) => [...(await x.data())]

describe('independentCoupling', () => {
  it('draws rows of a tensor, and the same pairs as from a dataset', async () => {
    const { x: all } = data.batch([0, 1, 2, 3, 4])
    const [a, b] = [await independentCoupling(all, { rng: rng() }).draw(3, 4), await independent().draw(3, 4)]
    await expectClose(a.x, b.x, exact)
    await expectClose(a.z, b.z, exact)
  })

  it('takes any source of images, with its labels', async () => {
    const source: ImageSource = {
      ...{ count: 1, height: 1, width: 1, channels: 1, classes: 2 },
      read: async indices => ({
        images: new Uint8Array(indices.length),
        labels: Array.from(indices, () => 1),
      }),
      close: async () => {},
    }
    const { x, z, labels } = await independentCoupling(source, { rng: rng() }).draw(0, 2)
    await expectClose(x, tf.fill([2, 1, 1, 1], -1), exact)
    expect(z.shape).toEqual([2, 1, 1, 1])
    await expectClose(labels!, tf.tensor2d([[0, 1], [0, 1]]), exact) // biome-ignore format: a matrix
  })

  it('refuses a tensor that holds no samples', () => {
    expect(() => independentCoupling(tf.scalar(1), { rng: rng() })).toThrow(
      'reflow.independentCoupling: data must have shape [N,...], got [].',
    )
  })
})

describe('storedCoupling', () => {
  it('takes tensors of pairs, and refuses those that do not fit', async () => {
    const [x, z] = [tf.tensor2d([[1], [2], [3]]), tf.tensor2d([[4], [5], [6]])] // biome-ignore format: columns
    const drawn = await storedCoupling({ x, z, labels: x }, { rng: rng() }).draw(0, 3)
    await expectClose(drawn.z, tf.add(drawn.x, 3), exact)
    await expectClose(drawn.labels!, drawn.x, exact)
    expect(() => storedCoupling({ x, z: tf.zeros([2, 1]) as tf.Tensor2D }, { rng: rng() })).toThrow(
      'reflow.storedCoupling: pairs.z must have shape [3,1], got [2,1].',
    )
  })

  it('gives every pair once in each epoch', async () => {
    const coupling = storedCoupling(pairs, { rng: rng() })
    const drawn = tf.concat([(await coupling.draw(0, 4)).x, (await coupling.draw(1, 4)).x])
    const seen = [...(await tf.slice(drawn, [0, 0, 0, 0], [5, 1, 1, 1]).data())]
    expect(seen.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4].map(i => Math.fround((i * 48) / 127.5 - 1)))
  })
})

describe('onlineCoupling', () => {
  it('makes data of the noise and labels of each pair', async () => {
    const coupling = onlineCoupling((z, labels) => tf.mul(z, alongBatch(labels!, z)), {
      shape: SHAPE,
      rng: rng(),
      labels: (first, n) => tf.tensor2d(Array.from({ length: n }, (_, i) => [first + i])),
    })
    const { x, z, labels } = await coupling.draw(2, 3)
    expect([...(await labels!.data())]).toEqual([6, 7, 8])
    await expectClose(x, tf.mul(z, alongBatch(labels!, z)), f32)
    // A pair doesn't depend on its batch.
    await expectClose((await coupling.draw(6, 1)).z, tf.slice(z, 0, 1), exact)
  })
})

describe('mixtureCoupling', () => {
  it('has exact shares in every step, if the batch size allows', async () => {
    const parts = [
      { coupling: counting(0), weight: 3 },
      { coupling: counting(1000), weight: 7 },
    ]
    const coupling = mixtureCoupling(parts, { rng: rng() })
    expect(await firsts(await coupling.draw(0, 10))).toEqual([
      0, 1, 2, 1000, 1001, 1002, 1003, 1004, 1005, 1006,
    ])
    const { x, labels } = await coupling.draw(1, 10)
    expect(await firsts({ x })).toEqual([3, 4, 5, 1007, 1008, 1009, 1010, 1011, 1012, 1013])
    await expectClose(labels!, tf.reshape(x, [10, 1]), exact)
  })

  it('has the shares on average otherwise', async () => {
    const coupling = mixtureCoupling(
      [
        { coupling: counting(0), weight: 0.1 },
        { coupling: counting(1e6), weight: 0.9 },
      ],
      { rng: rng() },
    )
    let low = 0
    for (let step = 0; step < 500; step++) {
      const seen = await firsts(await coupling.draw(step, 4))
      expect(seen).toHaveLength(4)
      low += seen.filter(value => value < 1e6).length
    }
    // A mean of 0.4 for each step, which has 0 or 1.
    expect(Math.abs(low / 500 - 0.4)).toBeLessThan(5 * Math.sqrt((0.4 * 0.6) / 500))
  })

  it('refuses zero weights, and labels in only some couplings', async () => {
    expect(() => mixtureCoupling([{ coupling: independent(), weight: 0 }], { rng: rng() })).toThrow(
      'reflow.mixtureCoupling: weights must not all be 0, got 1 zeros.',
    )
    const parts = [independent(), counting(0)].map(coupling => ({ coupling, weight: 1 }))
    await expect(mixtureCoupling(parts, { rng: rng() }).draw(0, 4)).rejects.toThrow(
      'reflow.mixtureCoupling: all couplings must have labels or none, got 1 of 2.',
    )
  })
})

describe('truncatedCoupling', () => {
  it('drops the longest pairs, in any order', async () => {
    const descending: Coupling = {
      async draw(_, batch) {
        const x = tf.tensor4d(
          Array.from({ length: batch }, (_, i) => (i % 2 ? i : -i)),
          [batch, 1, 1, 1],
        )
        return { x, z: tf.zerosLike(x) }
      },
    }
    const { x } = await truncatedCoupling(descending, { drop: 0.5 }).draw(0, 4)
    expect(await firsts({ x })).toEqual([-0, 1, -2, 3])
  })

  it('drops by a score of your own, and keeps labels with their pairs', async () => {
    const coupling = truncatedCoupling(counting(0), {
      drop: 0.5,
      score: pairs => tf.neg(tf.reshape(pairs.x, [-1])) as tf.Tensor1D,
    })
    const { x, labels } = await coupling.draw(1, 3)
    expect(await firsts({ x })).toEqual([9, 10, 11])
    expect([...(await labels!.data())]).toEqual([9, 10, 11])
  })

  it('refuses to drop everything', () => {
    expect(() => truncatedCoupling(independent(), { drop: 1 })).toThrow(
      'reflow.truncatedCoupling: drop must be',
    )
  })
})

describe('prefetch', () => {
  it('starts the next step when one is drawn, and draws another step on request', async () => {
    const started: number[] = []
    const slow: Coupling = {
      draw(step, batch) {
        started.push(step)
        return counting(0).draw(step, batch)
      },
    }
    const coupling = prefetch(slow)
    await coupling.draw(0, 2)
    expect(started).toEqual([0, 1])
    expect(await firsts(await coupling.draw(1, 2))).toEqual([2, 3])
    expect(started).toEqual([0, 1, 2])
    expect(await firsts(await coupling.draw(7, 2))).toEqual([14, 15])
    expect(started).toEqual([0, 1, 2, 7, 8])
  })

  it('throws the error of a step when that step is drawn, not before', async () => {
    const broken = prefetch({
      draw(step, batch) {
        if (step === 1) throw new Error('unreadable')
        return counting(0).draw(step, batch)
      },
    })
    expect(await firsts(await broken.draw(0, 1))).toEqual([0])
    await expect(broken.draw(1, 1)).rejects.toThrow('unreadable')
    expect(await firsts(await broken.draw(2, 1))).toEqual([2])
  })
})
