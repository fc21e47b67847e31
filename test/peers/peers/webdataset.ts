import { join } from 'node:path'
import { createPairStore, writeWebDataset } from '@rectified-flow/datasets/node'
import * as tf from '@tensorflow/tfjs-core'
import { against, numbersOfTensor, type Peer } from '../peer.js'

const COUNT = 10
const labels = Array.from({ length: COUNT }, (_, i) => i % 3)
const plan = { count: COUNT, shardSize: COUNT, seed: 3, shape: [6, 4, 3] as const, classes: 3 }
const open = (folder: string) => createPairStore(join(folder, 'store'), plan)

export const webdataset: Peer = {
  name: 'webdataset',
  async prepare(folder) {
    const store = await open(folder)
    await store.write(0, { images: Uint8Array.from({ length: COUNT * 72 }, (_, i) => (i * 7) % 256), labels })
    await writeWebDataset(join(folder, 'tars'), store, { shardSize: 4 })
    await store.close()
    return {}
  },
  async compare(folder, theirs) {
    const store = await open(folder)
    const indices = labels.map((_, i) => i)
    const { x, z } = await store.batch(indices)
    await store.close()
    const planes = (images: tf.Tensor4D) => numbersOfTensor(tf.transpose(images, [0, 3, 1, 2]))
    const row = against(theirs)
    return [
      row('keys of 10 pairs in 3 tars', indices, 'keys'),
      row('images', await planes(x), 'x'),
      row('noises', await planes(z), 'z'),
      row('classes', labels, 'classes'),
    ]
  },
}
