import { useBackend } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'

export interface Numbers {
  shape: number[]
  data: Float32Array
}

/** What `body` computes from these numbers, on the named backend, as numbers. */
export async function compute(
  backend: 'cpu' | 'wasm',
  inputs: Numbers[],
  body: (...tensors: tf.Tensor[]) => tf.Tensor[],
): Promise<Numbers[]> {
  await useBackend(backend)
  const tensors = inputs.map(({ shape, data }) => tf.tensor(data, shape))
  const outputs = tf.tidy(() => body(...tensors))
  const numbers = await Promise.all(
    outputs.map(async output => ({
      shape: output.shape,
      data: (await output.data()).slice() as Float32Array,
    })),
  )
  tf.dispose([tensors, outputs])
  return numbers
}
