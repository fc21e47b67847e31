// The gradients of tfjs's own kernels, in a file of their own, so that a program loads them only when it needs them.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
