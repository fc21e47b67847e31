import { useBackend } from '@rectified-flow/backends'
import wasmUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import * as tf from '@tensorflow/tfjs-core'

export type Backend = Parameters<typeof useBackend>[0]

/** Start a backend: the one named, or WebGPU where there is a GPU, else wasm. `skipped` says why others can't be used. */
export async function start(backend?: Backend) {
  // One binary is enough: every browser with module workers has SIMD, and threads need cross-origin isolation, which
  // pages seldom have.
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  setWasmPaths({
    'tfjs-backend-wasm.wasm': wasmUrl,
    'tfjs-backend-wasm-simd.wasm': wasmUrl,
    'tfjs-backend-wasm-threaded-simd.wasm': wasmUrl,
  })
  const { name, device, skipped } = await useBackend(backend)
  return { name, device, skipped }
}
