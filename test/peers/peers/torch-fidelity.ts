import { join } from 'node:path'
import {
  frechetDistanceOfSets,
  inceptionScoreOfSplits,
  kernelDistance,
  manifoldMetrics,
} from '@rectified-flow/eval-fid'
import { readFidInception } from '@rectified-flow/eval-fid/node'
import type * as tf from '@tensorflow/tfjs-core'
import { featureSets } from '../feature-sets.js'
import { images, tensor } from '../inputs.js'
import { against, numbersOfTensor, type Peer } from '../peer.js'

const inputs = () => ({ x: images('x', [1, 48]) })

export const torchFidelity: Peer = {
  name: 'torch-fidelity',
  prepare: async () => ({ ...inputs(), ...featureSets().arrays }),
  async compare(folder, theirs) {
    const net = await readFidInception({ path: join(folder, 'inception.pth'), resize: 'legacy_tensorflow' })
    const measured = net.measure(tensor<tf.Tensor4D>(inputs().x), ['features', 'logits', 'biasedLogits'])
    net.dispose()
    const { first, second } = featureSets()
    const { mean, deviation } = inceptionScoreOfSplits(first)
    const deviationOverN = deviation * Math.sqrt(9 / 10) // NumPy's default; ours is over n - 1
    const { precision, recall } = manifoldMetrics(first, second)
    const row = against(theirs)
    return [
      row(
        'Inception, legacy_tensorflow: features',
        await numbersOfTensor(measured.features),
        'features',
        1e-4,
      ),
      row('logits without the bias', await numbersOfTensor(measured.logits), 'logits', 1e-4),
      row('logits', await numbersOfTensor(measured.biasedLogits), 'biased', 1e-4),
      row('Fréchet distance of features', [frechetDistanceOfSets(first, second)], 'frechet', 1e-9),
      row('kernel distance (KID)', [kernelDistance(first, second)], 'kernel', 1e-9),
      row('inception score of ten splits: mean, deviation over n', [mean, deviationOverN], 'score', 1e-9),
      row('precision, recall', [precision, recall], 'nearest', 1e-6),
    ]
  },
}
