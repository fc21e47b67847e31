import { sharedBinary, useBackend } from '@rectified-flow/backends'
import wasmUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import * as tf from '@tensorflow/tfjs-core'

export type Backend = Parameters<typeof useBackend>[0]

/**
 * Start a backend: the one named, or WebGPU where there is a GPU, else wasm. `skipped` says why others can't be used.
 *
 * @param cores  'all' gives wasm a thread for each core, where the page is isolated
 */
export async function start(backend?: Backend, cores: 'one' | 'all' = 'one') {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
  const simd = cores === 'all' ? await sharedBinary(wasmUrl) : wasmUrl
  // One binary is enough: every browser with module workers has SIMD, and tfjs's own threads aren't used.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  setWasmPaths({
    'tfjs-backend-wasm.wasm': simd,
    'tfjs-backend-wasm-simd.wasm': simd,
    'tfjs-backend-wasm-threaded-simd.wasm': simd,
  })
  const { name, device, skipped } = await useBackend(backend)
  return { name, device, skipped }
}
