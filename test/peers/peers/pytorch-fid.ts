import { join } from 'node:path'
import { frechetDistanceOfSets, type InceptionOutput } from '@rectified-flow/eval-fid'
import { readFidInception } from '@rectified-flow/eval-fid/node'
import type * as tf from '@tensorflow/tfjs-core'
import { featureSets } from '../feature-sets.js'
import { images, tensor } from '../inputs.js'
import { type Comparison, numbersOfTensor, type Peer } from '../peer.js'

const inputs = () => ({ x: images('x', [1, 48]) })
const outputs: InceptionOutput[] = ['block64', 'block192', 'block768', 'features']

export const pytorchFid: Peer = {
  name: 'pytorch-fid',
  prepare: async () => ({ ...inputs(), ...featureSets().arrays }),
  async compare(folder, theirs) {
    const net = await readFidInception({ path: join(folder, 'inception.pth'), resize: 'legacy_pytorch' })
    const measured = net.measure(tensor<tf.Tensor4D>(inputs().x), outputs)
    const rows: Comparison[] = []
    for (const name of outputs) {
      const ours = await numbersOfTensor(measured[name])
      rows.push({ what: `Inception, legacy_pytorch: ${name}`, ours, theirs: theirs(name), limit: 1e-4 })
    }
    net.dispose()
    const { first, second } = featureSets()
    const ours = [frechetDistanceOfSets(first, second)]
    return [...rows, { what: 'Fréchet distance of features', ours, theirs: theirs('frechet'), limit: 1e-9 }]
  },
}
