import type { Choice, Coupling, Rng } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'

type Batch = { x: tf.Tensor4D; labels?: tf.Tensor2D }

/**
 * Data that can be read by index: an `ImageDataset` of `@rectified-flow/datasets`, or anything with these two members. An
 * `ImageSource` is `{ count: source.count, batch: indices => readBatch(source, indices) }`.
 */
export interface IndexedData {
  readonly count: number
  batch(indices: ArrayLike<number>): Batch | Promise<Batch>
}

/** Data and noise that know nothing of each other: what a 1-rectified flow is trained on. Data are drawn with replacement. */
export function independentCoupling(data: IndexedData, { rng }: { rng: Rng }): Coupling {
  return {
    async draw(step, batch) {
      const draw = rng.fork(step)
      const { x, labels } = await data.batch(draw.fork('data').integers(batch, data.count))
      return { x, z: draw.fork('noise').normal(x.shape) as tf.Tensor4D, ...(labels && { labels }) }
    },
  }
}

export const independentChoice: Choice<Coupling, object, { data: IndexedData; rng: Rng }> = {
  help: 'images, each with noise of its own: a 1-rectified flow',
  options: {},
  needs: ['data'],
  make: (_, { data, rng }) => independentCoupling(data, { rng }),
}
