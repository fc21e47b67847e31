// tfjs-core alone registers no gradients. The registry is global, so this one import serves every copy.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
import * as tf from '@tensorflow/tfjs-core'
import { registerKernelGradients } from './ops/kernel-gradients.js'

/**
 * The gradients of this package, and one in the place of tfjs's: that of a split into one piece fails, being given a tensor
 * where it expects a list of them. To be called again once tfjs-node is loaded, which registers all of tfjs's anew.
 */
export function registerGradients(): void {
  registerKernelGradients()
  tf.registerGradient({
    kernelName: 'SplitV',
    gradFunc: (dy, _, attrs) => ({ x: () => tf.concat([dy].flat(), attrs.axis as number) }),
  })
}

registerGradients()
