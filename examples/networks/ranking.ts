import type { Rng } from '@rectified-flow/core'
import type { ImageDistance } from '@rectified-flow/losses-lpips-huber'
import * as tf from '@tensorflow/tfjs-core'
import { blurred, noised } from './distort.js'

/** Images of which the order is known: `near` must be nearer to the image than `far`. All are [N,H,W,C] in [-1,1]. */
export interface Rank {
  name: string
  near(given: Given): tf.Tensor4D
  far(given: Given): tf.Tensor4D
}

/** An image, another of its class and one of another class. */
export interface Given {
  x: tf.Tensor4D
  same: tf.Tensor4D
  other: tf.Tensor4D
  rng: Rng
}

const mix = (a: tf.Tensor4D, b: tf.Tensor4D, share: number) =>
  tf.add<tf.Tensor4D>(tf.mul(a, 1 - share), tf.mul(b, share))

const noisy = (x: tf.Tensor4D, sigma: number, rng: Rng) =>
  noised(x, new Float32Array(x.shape[0]).fill(sigma), rng)

/** The image with a square of its middle, of a share of its side, filled with black. */
function holed(x: tf.Tensor4D, share: number): tf.Tensor4D {
  const [, h, w] = x.shape
  const inside = (at: number, size: number) => Math.abs(at + 0.5 - size / 2) < (share * size) / 2
  const mask = Float32Array.from({ length: h * w }, (_, i) =>
    inside(Math.floor(i / w), h) && inside(i % w, w) ? 1 : 0,
  )
  return tf.where(tf.cast(tf.tensor4d(mask, [1, h, w, 1]), 'bool'), tf.fill(x.shape, -1), x)
}

function moved(x: tf.Tensor4D, pixels: number): tf.Tensor4D {
  const padded = tf.pad(x, [[0, 0], [0, 0], [pixels, 0], [0, 0]], -1) // biome-ignore format: as a matrix
  return tf.slice(padded, [0, 0, 0, 0], x.shape)
}

/** More of a distortion is farther: each pair of neighbours in a row of strengths. */
function byStrength(
  name: string,
  strengths: readonly number[],
  distort: (given: Given, strength: number) => tf.Tensor4D,
): Rank[] {
  return strengths.slice(1).map((strength, i) => ({
    name,
    near: given => distort(given, strengths[i]!),
    far: given => distort(given, strength),
  }))
}

export const RANKS: readonly Rank[] = [
  ...byStrength('more blur is farther', [0.4, 0.7, 1, 1.5, 2], ({ x }, sigma) => blurred(x, sigma)),
  ...byStrength('more noise is farther', [0.1, 0.2, 0.4, 0.8, 1.5], ({ x, rng }, sigma) =>
    noisy(x, sigma, rng),
  ),
  ...byStrength('a larger hole is farther', [0.1, 0.3, 0.5, 0.7], ({ x }, share) => holed(x, share)),
  ...byStrength('more of another image is farther', [0.15, 0.3, 0.5, 0.75], ({ x, other }, share) =>
    mix(x, other, share),
  ),
  { name: 'moved by a pixel is nearer than another image of its class', near: ({ x }) => moved(x, 1), far: ({ same }) => same }, // biome-ignore format: one line
  { name: 'another image of its class is nearer than one of another class', near: ({ same }) => same, far: ({ other }) => other }, // biome-ignore format: one line
  {
    name: 'the same, all of them blurred',
    near: ({ same }) => blurred(same, 1),
    far: ({ other }) => blurred(other, 1),
  },
  {
    name: 'the same, with noise of deviation 0.7',
    near: ({ same, rng }) => noisy(same, 0.7, rng),
    far: ({ other, rng }) => noisy(other, 0.7, rng),
  },
]

/** The share of images for which a distance has the order right, by name. */
export async function ranking(distance: ImageDistance, given: Given): Promise<Map<string, number>> {
  const scores = new Map<string, number[]>()
  for (const { name, near, far } of RANKS) {
    const right = tf.tidy(() => {
      // The prediction comes first, as in a loss
      const [a, b] = [near(given), far(given)].map(y => distance(y, given.x))
      return tf.mean(tf.cast(tf.less(a!, b!), 'float32'))
    })
    scores.set(name, [...(scores.get(name) ?? []), (await right.data())[0]!])
    right.dispose()
  }
  return new Map([...scores].map(([name, list]) => [name, list.reduce((a, b) => a + b, 0) / list.length]))
}
