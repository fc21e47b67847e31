import * as tf from '@tensorflow/tfjs-core'
import type { WasmReplacement } from '../backend.js'

/** One-hot rows of any dtype. The stock kernel always writes integers: in float32 they read as 1.4e-45 and 0. */
export const oneHot: WasmReplacement<'OneHot'> = stock => args => {
  if (args.attrs.dtype !== 'float32') return stock(args)
  const ints = stock({ ...args, attrs: { ...args.attrs, dtype: 'int32', onValue: 1, offValue: 0 } })
  const { onValue, offValue } = args.attrs
  return tf.tidy(() => {
    const one = tf.cast(tf.engine().makeTensorFromTensorInfo(ints as tf.TensorInfo), 'float32')
    return tf.add(tf.mul(one, onValue - offValue), offValue)
  })
}
