import type { Choice, Coupling, Rng } from '@rectified-flow/core'
import { drawNormal } from '@rectified-flow/core'
import type { IndexedImages } from '@rectified-flow/datasets'
import type * as tf from '@tensorflow/tfjs-core'

/** Pairs of independent data and noise, to train a 1-rectified flow. Data are drawn with replacement. */
export function independentCoupling(data: IndexedImages, { rng }: { rng: Rng }): Coupling {
  return {
    async draw(step, batch) {
      const draw = rng.fork(step)
      const { x, labels } = await data.batch(draw.fork('data').integers(batch, data.count))
      return { x, z: drawNormal(draw.fork('noise'), x.shape) as tf.Tensor4D, ...(labels && { labels }) }
    },
  }
}

export const independentChoice: Choice<Coupling, object, { data: IndexedImages; rng: Rng }> = {
  help: 'images with independent noise: trains a 1-rectified flow',
  options: {},
  needs: ['data'],
  make: (_, { data, rng }) => independentCoupling(data, { rng }),
}
