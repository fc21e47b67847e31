import type { Rng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/** Images [N,H,W,C] moved by up to `pixels` in each direction, all by the same; -1 comes in at the edges. */
export function shifted(x: tf.Tensor4D, pixels: number, rng: Rng): tf.Tensor4D {
  const [dy, dx] = rng.integers(2, 2 * pixels + 1) as unknown as [number, number]
  const [n, h, w, c] = x.shape
  const around: [number, number] = [pixels, pixels]
  return tf.slice(tf.pad(x, [[0, 0], around, around, [0, 0]], -1), [0, dy, dx, 0], [n, h, w, c]) // biome-ignore format: as a matrix
}

/** Images [N,H,W,C] blurred by a Gaussian of this deviation in pixels; the edges are repeated outwards. */
export function blurred(x: tf.Tensor4D, sigma: number): tf.Tensor4D {
  const reach = Math.min(Math.ceil(3 * sigma), Math.min(x.shape[1], x.shape[2]) - 1)
  if (reach < 1) return x
  const taps = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-0.5 * ((i - reach) / sigma) ** 2))
  const sum = taps.reduce((a, b) => a + b, 0)
  const kernel = taps.map(tap => tap / sum)
  return tf.tidy(() => {
    const along = (x: tf.Tensor4D, shape: [number, number, number, number]) => {
      const filter = tf.tile(tf.tensor4d(kernel, shape), [1, 1, x.shape[3], 1])
      const pad = shape[0] > 1 ? [[0, 0], [reach, reach], [0, 0], [0, 0]] : [[0, 0], [0, 0], [reach, reach], [0, 0]] // biome-ignore format: as a matrix
      const padded = tf.mirrorPad(x, pad as [number, number][], 'symmetric')
      return tf.depthwiseConv2d(padded as tf.Tensor4D, filter as tf.Tensor4D, 1, 'valid')
    }
    return along(along(x, [kernel.length, 1, 1, 1]), [1, kernel.length, 1, 1])
  })
}

/** Images [N,H,W,C] with normal noise added; `sigmas` has a deviation for each. */
export function noised(x: tf.Tensor4D, sigmas: Float32Array, rng: Rng): tf.Tensor4D {
  return tf.tidy(() => tf.add(x, tf.mul(rng.normal(x.shape), tf.tensor4d(sigmas, [x.shape[0], 1, 1, 1]))))
}

/**
 * What a perceptual network must know, because a loss shows it to it: the data that a network predicts from noise. A third of the
 * batches are blurred, the predictions near noise being soft; each image has its own noise, from none to more than the image.
 */
export function degraded(x: tf.Tensor4D, rng: Rng): tf.Tensor4D {
  return tf.tidy(() => {
    const [chance, width] = rng.fork('blur').uniforms(2) as unknown as [number, number]
    const soft = chance < 1 / 3 ? blurred(x, 0.4 + (x.shape[1] / 8) * width) : x
    const levels = rng.fork('levels').uniforms(x.shape[0])
    // A quarter stays without noise; above, deviations from 0.02 to 1.5, evenly in the logarithm
    const sigmas = Float32Array.from(levels, u => (u < 0.25 ? 0 : 0.02 * 75 ** ((u - 0.25) / 0.75)))
    return noised(soft, sigmas, rng.fork('noise'))
  })
}
