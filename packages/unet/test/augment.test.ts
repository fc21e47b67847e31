import { createRng } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, f32 } from '@rectified-flow/tools/matchers'
import { type AugmentationName, augment, augmentDim, edmAugmentations } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

const rng = createRng(7)
const noise = (b = 8, side = 8, channels = 3) => rng.normal([b, side, side, channels])

/** Augment with this one only, always. */
const only = (name: AugmentationName, seed = 1) => ({
  rng: createRng(seed),
  p: 1,
  augmentations: { [name]: 1 },
})

/** A smooth image: pixel (x, y) from the centre has f(x, y), in every channel. */
function smooth(side: number, f: (x: number, y: number) => number, b = 6): tf.Tensor4D {
  const middle = (side - 1) / 2
  const plane = Array.from({ length: side ** 2 }, (_, i) =>
    f((i % side) - middle, Math.floor(i / side) - middle),
  )
  return tf.tile(tf.tensor4d(plane, [1, side, side, 1]), [b, 1, 1, 1])
}

/** Low frequencies, so that the filter hardly changes them. */
const wave = (x: number, y: number) => Math.sin(0.35 * x + 0.2) * Math.cos(0.3 * y)

/** Largest difference in the middle of the image, which the mirrored edges don't influence. */
function worst(actual: tf.Tensor4D, i: number, f: (x: number, y: number) => number, radius: number): number {
  const side = actual.shape[1]
  const middle = (side - 1) / 2
  const values = tf.slice(actual, [i, 0, 0, 0], [1, side, side, 1]).dataSync()
  let most = 0
  for (const [k, value] of values.entries()) {
    const [x, y] = [(k % side) - middle, Math.floor(k / side) - middle]
    if (Math.hypot(x, y) < radius) most = Math.max(most, Math.abs(value - f(x, y)))
  }
  return most
}

/** The label of the inverse: it stretches across the direction, not along it. */
const inverse = ([x = 0, y = 0]: number[]): number[] => [-y, x]

describe('augment', () => {
  it('changes nothing where p is 0', async () => {
    const x = noise()
    const { images, labels } = await augment(x, { rng, p: 0 })
    await expectClose(images, x, exact)
    await expectClose(labels, tf.zeros([8, 9]), exact)
  })

  it('flips, turns and moves pixels exactly', async () => {
    const x = noise()
    const row = (tensor: tf.Tensor, i: number) => tf.slice(tensor, i, 1) as tf.Tensor4D
    const [xflip, yflip, turned] = await Promise.all(
      (['xflip', 'yflip', 'rotate90'] as const).map(name => augment(x, only(name))),
    )
    const seen = new Set<string>()
    for (let i = 0; i < 8; i++) {
      for (const [{ images, labels }, axis] of [
        [xflip!, 2],
        [yflip!, 1],
      ] as const) {
        const flip = row(labels, i).dataSync()[0]
        await expectClose(row(images, i), flip ? tf.reverse(row(x, i), axis) : row(x, i), exact)
      }
      const label = String([...row(turned!.labels, i).dataSync()])
      seen.add(label)
      // A quarter turn: the source of (x, y) is (-y, x), so the image's top comes from its right.
      const quarter = (y: tf.Tensor4D): tf.Tensor4D => tf.reverse(tf.transpose(y, [0, 2, 1, 3]), 1)
      const count = { '0,0': 0, '1,0': 1, '1,1': 2, '0,1': 3 }[label]!
      let expected = row(x, i)
      for (let k = 0; k < count; k++) expected = quarter(expected)
      await expectClose(row(turned!.images, i), expected, exact)
    }
    expect(seen.size).toBeGreaterThan(2)

    const { images, labels } = await augment(x, only('translateInt'))
    const shifts = labels.arraySync() as number[][]
    const mirrored = tf.mirrorPad(
      x,
      [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      'reflect',
    )
    for (const [i, [sx, sy]] of shifts.entries()) {
      const [dx, dy] = [Math.round(sx! * 8 * 0.125), Math.round(sy! * 8 * 0.125)]
      await expectClose(row(images, i), tf.slice(mirrored, [i, 1 - dy, 1 - dx, 0], [1, 8, 8, 3]), exact)
    }
  })

  it.each<[AugmentationName, number, (label: number[]) => (x: number, y: number) => [number, number]]>([
    [
      'scale',
      12,
      ([s = 0]) =>
        (x, y) => [x * 2 ** (-0.2 * s), y * 2 ** (-0.2 * s)],
    ],
    [
      'rotate',
      14,
      ([c = 0, s = 0]) =>
        (x, y) => [(c + 1) * x - s * y, s * x + (c + 1) * y],
    ],
    [
      'translate',
      10,
      ([a = 0, b = 0]) =>
        (x, y) => [x - (a * 40) / 8, y - (b * 40) / 8],
    ],
    [
      'anisotropy',
      10,
      ([a = 0, b = 0]) => {
        const [s, angle] = [Math.hypot(a, b), Math.atan2(b, a)]
        const [c, d] = [Math.cos(angle), Math.sin(angle)]
        return (x, y) => {
          const [u, v] = [(c * x - d * y) * 2 ** (-0.2 * s), (d * x + c * y) * 2 ** (0.2 * s)]
          return [c * u + d * v, -d * u + c * v]
        }
      },
    ],
  ])('%s brings smooth images in from where its labels say', async (name, radius, sourceOf) => {
    const { images, labels } = await augment(smooth(40, wave), only(name))
    for (const [i, label] of (labels.arraySync() as number[][]).entries()) {
      // The published labels of an anisotropy are the same for its inverse: a5 (cos a4, sin a4) has lost a sign.
      const errors = (name === 'anisotropy' ? [label, inverse(label)] : [label]).map(one => {
        const source = sourceOf(one)
        return worst(images, i, (x, y) => wave(...source(x, y)), radius)
      })
      expect(Math.min(...errors), `${name} ${label}`).toBeLessThan(0.02)
      expect(Math.hypot(...label)).toBeGreaterThan(0)
    }
  })

  it('keeps constant images constant, and does not alias what it shrinks', async () => {
    const flat = tf.fill([4, 9, 9, 1], 0.3) as tf.Tensor4D
    const { images } = await augment(flat, { rng: createRng(3), p: 1 })
    await expectClose(images, flat, f32)
    // A board of -1 and 1 has the highest frequency. Made smaller, it must not turn into a lower frequency.
    const board = smooth(40, (x, y) => (Math.round(x + y) % 2 ? 1 : -1))
    const { images: shrunk, labels } = await augment(board, only('scale'))
    for (const [i, [s]] of (labels.arraySync() as number[][]).entries())
      if (s! < -0.5) expect(worst(shrunk, i, () => 0, 8)).toBeLessThan(0.75)
  })

  it.each<[AugmentationName, (rgb: number[], label: number[]) => number[]]>([
    ['brightness', (rgb, [b = 0]) => rgb.map(v => v + 0.2 * b)],
    ['contrast', (rgb, [c = 0]) => rgb.map(v => v * 2 ** (0.5 * c))],
    ['lumaFlip', (rgb, [flip = 0]) => rgb.map(v => v - (flip * 2 * (rgb[0]! + rgb[1]! + rgb[2]!)) / 3)],
    [
      'saturation',
      (rgb, [s = 0]) => {
        const grey = (rgb[0]! + rgb[1]! + rgb[2]!) / 3
        return rgb.map(v => grey + (v - grey) * 2 ** s)
      },
    ],
    [
      'hue', // Rodrigues' formula about (1,1,1)/sqrt(3)
      ([r = 0, g = 0, b = 0], [cosine = 0, s = 0]) => {
        const [c, grey, root] = [cosine + 1, (r + g + b) / 3, Math.sqrt(3)]
        return [
          c * r + (1 - c) * grey + (s * (b - g)) / root,
          c * g + (1 - c) * grey + (s * (r - b)) / root,
          c * b + (1 - c) * grey + (s * (g - r)) / root,
        ]
      },
    ],
  ])('%s in closed form', async (name, map) => {
    const x = noise(4, 3)
    const { images, labels } = await augment(x, only(name))
    const rows = labels.arraySync() as number[][]
    const expected = (x.arraySync() as number[][][][]).map((image, i) =>
      image.map(line => line.map(rgb => map(rgb, rows[i]!))),
    )
    await expectClose(images, tf.tensor4d(expected), f32)
    const grey = noise(4, 3, 1)
    const one = await augment(grey, only(name))
    const three = await augment(tf.tile(grey, [1, 1, 1, 3]), only(name))
    await expectClose(one.images, tf.mean(three.images, 3, true), f32)
  })

  it('has 9 labels for EDM, 19 for everything', async () => {
    expect(augmentDim()).toBe(9)
    const all = Object.fromEntries(
      [
        ...Object.keys(edmAugmentations),
        'rotate90',
        'translateInt',
        'brightness',
        'contrast',
        'lumaFlip',
        'hue',
        'saturation',
      ].map(name => [name, 1]),
    )
    expect(augmentDim(all)).toBe(19)
    const { images, labels } = await augment(noise(3), { rng, p: 1, augmentations: all })
    expect([images.shape, labels.shape]).toEqual([
      [3, 8, 8, 3],
      [3, 19],
    ])
    expect(images.dataSync().every(Number.isFinite)).toBe(true)
  })

  it('happens with its probability, and each image and augmentation has its own random numbers', async () => {
    const options = { rng: createRng(2), p: 0.3 }
    const { labels } = await augment(tf.zeros([2000, 1, 1, 1]), options)
    const columns = tf.mean(tf.cast(tf.notEqual(labels, 0), 'float32'), 0).dataSync()
    const within = (p: number) => 5 * Math.sqrt((p * (1 - p)) / 2000)
    for (const [column, p] of [0.5, 0.15, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3].entries())
      expect(Math.abs(columns[column]! - p)).toBeLessThan(within(p))
    const x = noise(5)
    const [five, two] = [await augment(x, options), await augment(tf.slice(x, 0, 2), options)]
    await expectClose(tf.slice(five.images, 0, 2), two.images, exact)
    await expectClose(tf.slice(five.labels, 0, 2), two.labels, exact)
  })

  it('leaves no tensor behind', async () => {
    const x = noise(2)
    await expectNoLeak(async () => tf.dispose(await augment(x, { rng, p: 1 })))
  })

  it('says what is wrong', async () => {
    await expect(augment(noise(1), { rng, p: 2 })).rejects.toThrow(
      'unet.augment: p must be a number in [0, 1], got 2.',
    )
    await expect(augment(noise(1), { rng, augmentations: { shear: 1 } as object })).rejects.toThrow(
      "unet.augment: augmentations must be one of xflip, yflip, rotate90, translateInt, scale, rotate, anisotropy, translate, brightness, contrast, lumaFlip, hue, saturation, got 'shear'.",
    )
    await expect(augment(noise(1, 4, 2), { rng, augmentations: { hue: 1 } })).rejects.toThrow(
      'unet.augment: images must have 1 or 3 channels to change colours, got 2.',
    )
  })
})
