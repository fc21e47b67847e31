// tfjs-core alone registers no gradients. The registry is global, so this one import serves every copy.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
import * as tf from '@tensorflow/tfjs-core'
import { registerKernelGradients } from './ops/kernel-gradients.js'

// tfjs's gradient of a split into one piece fails: it is given a tensor where it expects a list of them.
const split = tf.getGradient('SplitV')
tf.unregisterGradient('SplitV')
tf.registerGradient({
  ...split,
  gradFunc: (dy, saved, attrs) => split.gradFunc(Array.isArray(dy) ? dy : [dy], saved, attrs),
})

registerKernelGradients()
