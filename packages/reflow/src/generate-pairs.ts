import { checkInt, createRng, type Field, indexedNormal } from '@rectified-flow/core'
import type { Method } from '@rectified-flow/ode'
import * as tf from '@tensorflow/tfjs-core'
import { sample } from './sample.js'

export interface GeneratePairsOptions {
  /** Noise of pair i is that of `createRng(seed).fork(i)`: (seed, i) says all there is to say of it. */
  seed: number
  /** Index of the first pair. */
  first?: number
  count: number
  /** Shape of one image, [H,W,C]. */
  shape: readonly [number, number, number]
  steps?: number
  method?: Method
  /** Pairs made at once: a matter of memory and speed only. */
  batch?: number
  onBatch?: (done: number, count: number) => void
}

/**
 * Let a teacher walk noise to data: the pairs of one round of Reflow (Liu et al., arXiv 2209.03003).
 *
 * @param field  the teacher's velocity
 * @returns      the images as bytes [count,H,W,C]: v in [-1,1] as round((v + 1) 127.5), as the reference stores them
 */
export async function generatePairs(
  field: Field,
  { seed, first = 0, count, shape, steps = 16, method, batch = 128, onBatch }: GeneratePairsOptions,
): Promise<Uint8Array> {
  const where = 'reflow.generatePairs'
  checkInt(where, 'first', first, 0)
  checkInt(where, 'count', count, 1)
  checkInt(where, 'batch', batch, 1)
  const rng = createRng(seed)
  const size = shape[0] * shape[1] * shape[2]
  const images = new Uint8Array(count * size)
  for (let done = 0; done < count; ) {
    const n = Math.min(batch, count - done)
    const bytes = tf.tidy(() => {
      const z = indexedNormal(
        rng,
        Array.from({ length: n }, (_, i) => first + done + i),
        shape,
      )
      const { x } = sample(field, z, { steps, ...(method && { method }) })
      return tf.round(tf.mul(tf.add(tf.clipByValue(x, -1, 1), 1), 127.5))
    })
    try {
      images.set(Uint8Array.from(await bytes.data()), done * size)
    } finally {
      bytes.dispose()
    }
    done += n
    onBatch?.(done, count)
  }
  return images
}
