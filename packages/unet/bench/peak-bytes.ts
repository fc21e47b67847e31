import * as tf from '@tensorflow/tfjs-core'

/** Peak bytes of tensors during a task, minus the bytes before it. */
export function peakBytes(task: () => tf.TensorContainer): number {
  const engine = tf.engine()
  const before = tf.memory().numBytes
  const track = engine.trackTensor
  let most = before
  engine.trackTensor = (tensor, backend) => {
    track.call(engine, tensor, backend)
    most = Math.max(most, tf.memory().numBytes)
  }
  try {
    tf.dispose(task())
  } finally {
    engine.trackTensor = track
  }
  return most - before
}

export const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`
