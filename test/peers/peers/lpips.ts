import { join } from 'node:path'
import { readLpips } from '@rectified-flow/losses-lpips-huber/node'
import * as tf from '@tensorflow/tfjs-core'
import { images, tensor } from '../inputs.js'
import type { Peer } from '../peer.js'

const inputs = () => ({ x: images('x', [2, 48]), y: images('y', [2, 48]) })
const networks = { vgg: 'vgg16', alex: 'alexnet', squeeze: 'squeezenet1_1' } as const

export const lpips: Peer = {
  name: 'lpips',
  prepare: async () => inputs(),
  async compare(folder, theirs) {
    const [x, y] = Object.values(inputs()).map(image => tensor<tf.Tensor4D>(image)) as [
      tf.Tensor4D,
      tf.Tensor4D,
    ]
    const rows = []
    for (const [name, backbone] of Object.entries(networks)) {
      const files = { backbone: join(folder, `${name}.pth`), heads: join(folder, `${name}-heads.pth`) }
      const net = await readLpips(backbone, files)
      const ours = await tf.tidy(() => net.distance(x, y)).data()
      rows.push({ what: `distances with ${backbone}`, ours, theirs: theirs(name), limit: 1e-5 })
      if (name === 'vgg') {
        const gradient = tf.grad(image => tf.sum(net.distance(image as tf.Tensor4D, y)))
        const values = await tf.tidy(() => gradient(x)).data()
        rows.push({
          what: 'gradient of the first images',
          ours: values,
          theirs: theirs('gradient'),
          limit: 1e-4,
        })
      }
      net.dispose()
    }
    return rows
  },
}
