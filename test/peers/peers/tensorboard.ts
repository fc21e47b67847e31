import { join } from 'node:path'
import { signedToBytes } from '@rectified-flow/core'
import { encodePngGrid } from '@rectified-flow/datasets'
import { TensorBoardWriter } from '@rectified-flow/reflow/node'
import type * as tf from '@tensorflow/tfjs-core'
import { images, tensor } from '../inputs.js'
import { against, type Peer } from '../peer.js'

const lossAt = (step: number) => 1 / (1 + step)
const steps = [0, 1, 2, 3, 4, 5]
const image = () => images('samples', [1, 8])

export const tensorboard: Peer = {
  name: 'tensorboard',
  async prepare(folder) {
    const events = join(folder, 'events')
    const first = await TensorBoardWriter.open(events)
    for (const step of [0, 1, 2, 3])
      await first.scalars(step, { 'loss/all': lossAt(step), rate: 1e-4 * step })
    await first.scalars(4, { 'loss/all': 99 }) // of a step that the resumed run does again
    await first.close()
    const second = await TensorBoardWriter.open(events, { step: 4 })
    for (const step of [4, 5]) await second.scalars(step, { 'loss/all': lossAt(step), rate: 1e-4 * step })
    const picture = tensor<tf.Tensor4D>(image())
    await second.images(5, { samples: await encodePngGrid(picture, { gap: 0 }) })
    picture.dispose()
    await second.close()
    return {}
  },
  async compare(_, theirs) {
    const series = (value: (step: number) => number) =>
      steps.flatMap(step => [step, Math.fround(value(step))])
    const row = against(theirs)
    return [
      row('steps and losses of a run that was resumed', series(lossAt), 'loss all'),
      row(
        'steps and rates',
        series(step => 1e-4 * step),
        'rate',
      ),
      row('step and size of an image', [5, 8, 8], 'size'),
      row('pixels of an image', signedToBytes(image().data as Float32Array), 'pixels'),
    ]
  },
}
