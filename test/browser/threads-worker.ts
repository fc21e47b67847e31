import { conv2d, sharedBinary, useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'

/** What a worker computed with so many threads: a convolution and its gradients, and what `useBackend` said. */
export interface Computed {
  device?: string
  numbers: number[]
  error?: string
}

async function compute(threads: number | undefined): Promise<Computed> {
  const simd = await sharedBinary('/wasm/tfjs-backend-wasm-simd.wasm')
  setWasmPaths({
    'tfjs-backend-wasm.wasm': simd,
    'tfjs-backend-wasm-simd.wasm': simd,
    'tfjs-backend-wasm-threaded-simd.wasm': simd,
  })
  const { device } = await useBackend('wasm', threads === undefined ? {} : { threads })
  const rng = createRng(1)
  const [x, filter] = [rng.normal([8, 16, 16, 24]) as tf.Tensor4D, rng.normal([3, 3, 24, 32]) as tf.Tensor4D]
  const gradient = tf.grad(filter => tf.sum(tf.square(conv2d(x, filter as tf.Tensor4D))))(filter)
  const numbers = [...(await conv2d(x, filter).data()), ...(await gradient.data())]
  return { ...(device && { device }), numbers }
}

addEventListener('message', async ({ data }) => {
  try {
    postMessage(await compute(data))
  } catch (error) {
    postMessage({ numbers: [], error: (error as Error).message } satisfies Computed)
  }
})
