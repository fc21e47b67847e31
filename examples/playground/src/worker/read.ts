import type * as tf from '@tensorflow/tfjs-core'

/** Read a tensor back, and dispose of it. */
export async function read(tensor: tf.Tensor): Promise<Float32Array> {
  try {
    return Float32Array.from(await tensor.data())
  } finally {
    tensor.dispose()
  }
}
