// The gradients of tfjs's own kernels. Kept apart, so that it is loaded once and only when it is asked for.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
