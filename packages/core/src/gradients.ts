// tfjs-core alone registers no gradients. The registry is global, so this one import serves every copy.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
