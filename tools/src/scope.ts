import * as tf from '@tensorflow/tfjs-core'

/** tf.tidy for a body that waits: what it makes is freed when it ends, not while it waits. */
export async function scope(body: () => Promise<void>): Promise<void> {
  tf.engine().startScope()
  try {
    await body()
  } finally {
    tf.engine().endScope()
  }
}
