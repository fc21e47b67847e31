import type { HostTensor } from '@rectified-flow/checkpoints'
import { createRng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { array } from './peer.js'

/** Normal numbers of this shape; the name decides which. */
export function normal(name: string, shape: number[]): HostTensor {
  return fromTensor(() => createRng(0).fork(name).normal(shape))
}

/** Images [N,H,W,C] of smooth and rough parts, in [-1,1], whose values are those of 8-bit pixels. */
export function images(name: string, [n, side]: [n: number, side: number]): HostTensor {
  return fromTensor(() => {
    const rng = createRng(0).fork(name)
    const smooth = tf.image.resizeBilinear(rng.fork('smooth').normal([n, 4, 4, 3]) as tf.Tensor4D, [
      side,
      side,
    ])
    const rough = tf.mul(rng.fork('rough').normal([n, side, side, 3]), 0.2)
    const pixels = tf.round(
      tf.mul(tf.add(tf.clipByValue(tf.mul(tf.add(smooth, rough), 0.5), -1, 1), 1), 127.5),
    )
    return tf.sub(tf.div(pixels, 127.5), 1)
  })
}

/** An array of in.npz as a tensor. */
export function tensor<T extends tf.Tensor = tf.Tensor>({ data, shape }: HostTensor): T {
  return tf.tensor(data as Float32Array, shape, 'float32') as T
}

function fromTensor(make: () => tf.Tensor): HostTensor {
  const made = tf.tidy(make)
  const data = made.dataSync() as Float32Array
  made.dispose()
  return array(data, made.shape)
}
