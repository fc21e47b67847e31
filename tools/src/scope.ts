import * as tf from '@tensorflow/tfjs-core'

/** tf.tidy for an asynchronous body: the tensors that the body makes are freed when it ends, not while it waits. */
export async function scope(body: () => Promise<void>): Promise<void> {
  tf.engine().startScope()
  try {
    await body()
  } finally {
    tf.engine().endScope()
  }
}
