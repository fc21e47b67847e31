import * as tf from '@tensorflow/tfjs-core'

/**
 * Activate 'node-gpu' on a machine without CUDA too: only the test for a CUDA device is set aside. Everything above
 * TensorFlow then does what it does on a GPU, and TensorFlow computes on the CPU. `useBackend` itself has no such way.
 */
export async function useNodeGpu(): Promise<void> {
  const { useBackend } = await import('@rectified-flow/backends')
  try {
    await useBackend('node-gpu')
  } catch (error) {
    if (!(error as Error).message.endsWith(': TensorFlow found no CUDA device.')) throw error
    Object.assign(tf.findBackend('tensorflow'), { isUsingGpuDevice: true })
    await useBackend('node-gpu')
  }
}
