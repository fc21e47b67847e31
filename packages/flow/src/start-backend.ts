import { useBackend } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'

/** Activate the first backend that works, unless one is active. */
export async function startBackend(): Promise<void> {
  if (!tf.getBackend()) await useBackend()
}
