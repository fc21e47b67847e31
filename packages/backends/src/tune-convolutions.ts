import { checkInt, checkOneOf, checkOptions } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Tuning } from './tuning.js'

/**
 * Time the convolutions that this process has run on WebGPU, in the active precision, each with several shaders, and use the
 * fastest of these from then on. Run one training step before. It takes some seconds.
 *
 * @param most  how many shaders to try for each shape: those that should be the fastest
 * @returns     the table in use
 */
export async function tuneConvolutions(options: { most?: number } = {}): Promise<Tuning> {
  checkOptions<{ most?: number }>('backends.tuneConvolutions', options, { most: 'optional' })
  const { most = 4 } = options
  checkOneOf('backends.tuneConvolutions', 'backend', tf.getBackend(), ['webgpu'])
  checkInt('backends.tuneConvolutions', 'most', most, 1)
  const { tune } = await import('./webgpu/convolution/tune.js')
  return tune(most)
}
