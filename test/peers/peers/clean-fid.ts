import { frechetDistanceOfSets, kernelDistance, resize } from '@rectified-flow/eval-fid'
import * as tf from '@tensorflow/tfjs-core'
import { featureSets } from '../feature-sets.js'
import { images, tensor } from '../inputs.js'
import { against, numbersOfTensor, type Peer } from '../peer.js'

const inputs = () => ({ small: images('small', [2, 32]), large: images('large', [1, 400]) })

export const cleanFid: Peer = {
  name: 'clean-fid',
  prepare: async () => ({ ...inputs(), ...featureSets().arrays }),
  async compare(_, theirs) {
    const resized = (name: 'small' | 'large') =>
      numbersOfTensor(
        tf.tidy(() => {
          const pixels = tf.round(
            tf.mul(tf.add(tensor<tf.Tensor4D>(inputs()[name]), 1), 127.5),
          ) as tf.Tensor4D
          return tf.clipByValue(resize(pixels, [299, 299], { mode: 'clean' }), 0, 255)
        }),
      )
    const { first, second } = featureSets()
    const row = against(theirs)
    return [
      row('pixels 32 to 299, bicubic', await resized('small'), 'small', 1e-5),
      row('pixels 400 to 299, bicubic', await resized('large'), 'large', 1e-5),
      row('Fréchet distance of features', [frechetDistanceOfSets(first, second)], 'frechet', 1e-9),
      row('kernel distance (KID)', [kernelDistance(first, second)], 'kernel', 1e-9),
    ]
  },
}
