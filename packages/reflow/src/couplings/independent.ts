import {
  batchOf,
  type Choice,
  type Coupling,
  checkKind,
  checkOptions,
  checkRng,
  checkTensor,
  drawNormal,
  type Pairs,
  type Rng,
} from '@rectified-flow/core'
import { type ImageSource, readBatch } from '@rectified-flow/datasets'
import * as tf from '@tensorflow/tfjs-core'
import { rowStream } from '../internal/row-stream.js'
import { rowsOf } from '../internal/rows-of.js'

const WHERE = 'reflow.independentCoupling'

/**
 * Pairs of independent data and noise, to train a 1-rectified flow. Data are drawn with replacement.
 *
 *     independentCoupling(await openImages('photos', { resolution: 64 }), { rng })
 *     independentCoupling(tf.tensor2d(points), { rng })
 *
 * @param data  images, or a tensor [N,...] of samples of any shape; borrowed for as long as the coupling is used
 */
export function independentCoupling(data: ImageSource, options: { rng: Rng }): Coupling<tf.Tensor4D>
export function independentCoupling<X extends tf.Tensor>(data: X, options: { rng: Rng }): Coupling<X>
export function independentCoupling(data: ImageSource | tf.Tensor, options: { rng: Rng }): Coupling {
  checkOptions<{ rng: Rng }>(WHERE, options, { rng: 'required' })
  const { rng } = options
  checkRng(WHERE, rng)
  const { count, rows } = data instanceof tf.Tensor ? samples(data) : images(data)
  return {
    async draw(step, batch, some) {
      const draw = rng.fork(step)
      const [indices, noise] = [draw.fork('data').integers(batch, count), draw.fork('noise')]
      if (!some) {
        const drawn = await rows(indices)
        return { ...drawn, z: drawNormal(noise, drawn.x.shape) }
      }
      const drawn = await rows(indices.subarray(some.first, some.first + some.count))
      return { ...drawn, z: drawNormal(rowStream(noise, some, batch), drawn.x.shape) }
    },
  }
}

/** How many samples there are, and how to get some of them. */
interface Data {
  count: number
  rows(indices: Int32Array): Omit<Pairs, 'z'> | Promise<Omit<Pairs, 'z'>>
}

function images(source: ImageSource): Data {
  checkKind(WHERE, 'data', source, 'images such as those of openImages, or a tensor', ['count', 'read'])
  return { count: source.count, rows: indices => readBatch(source, indices) }
}

function samples(tensor: tf.Tensor): Data {
  checkTensor(WHERE, 'data', tensor, ['N', '...'])
  return { count: batchOf(tensor), rows: indices => ({ x: rowsOf(tensor, indices) }) }
}

export const independentChoice: Choice<Coupling, object, { data: ImageSource; rng: Rng }> = {
  help: 'images with independent noise: trains a 1-rectified flow',
  options: {},
  needs: ['data'],
  make: (_, { data, rng }) => independentCoupling(data, { rng }),
}
