import { join } from 'node:path'
import {
  frechetDistanceOfSets,
  inceptionScore,
  kernelDistance,
  peakSignalToNoise,
} from '@rectified-flow/eval-fid'
import { readLpipsAveragePooling } from '@rectified-flow/losses-lpips-huber/node'
import * as tf from '@tensorflow/tfjs-core'
import { featureSets } from '../feature-sets.js'
import { images, tensor } from '../inputs.js'
import type { Peer } from '../peer.js'

const inputs = () => ({ x: images('x', [2, 48]), y: images('y', [2, 48]) })

export const piq: Peer = {
  name: 'piq',
  prepare: async () => ({ ...inputs(), ...featureSets().arrays }),
  async compare(folder, theirs) {
    const { x, y } = inputs()
    const pair = [tensor(x), tensor(y)] as [tf.Tensor4D, tf.Tensor4D]
    const files = { backbone: join(folder, 'vgg.pth'), heads: join(folder, 'vgg-heads.pth') }
    const distances = async (size: number | 'as given') => {
      const net = await readLpipsAveragePooling({ ...files, size })
      const values = await tf.tidy(() => net.distance(...pair)).data()
      net.dispose()
      return values
    }
    const { first, second } = featureSets()
    const row = (what: string, ours: ArrayLike<number>, name: string, limit = 1e-5) => ({
      what,
      ours,
      theirs: theirs(name),
      limit,
    })
    return [
      row('LPIPS, average pooling', await distances('as given'), 'lpips'),
      row('the same after a bilinear resize', await distances(72), 'resized'),
      row('PSNR', await tf.tidy(() => peakSignalToNoise(...pair)).data(), 'psnr'),
      // piq takes the square root of a matrix by Newton and Schulz's iteration, and ends it at an error of 1e-5.
      row('Fréchet distance of features', [frechetDistanceOfSets(first, second)], 'frechet', 1e-3),
      row('kernel distance (KID)', [kernelDistance(first, second)], 'kernel', 1e-9),
      row('inception score of logits', [inceptionScore(first)], 'score', 1e-9),
    ]
  },
}
