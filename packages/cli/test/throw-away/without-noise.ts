import type { Choice, Coupling } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

export const withoutNoiseChoice: Choice<Coupling, object, { coupling: Coupling }> = {
  help: 'pairs of an image and itself',
  options: {},
  needs: ['coupling'],
  make: (_, { coupling }) => ({
    async draw(step, batch) {
      const pairs = await coupling.draw(step, batch)
      pairs.z.dispose()
      return { ...pairs, z: tf.clone(pairs.x) }
    },
  }),
}
