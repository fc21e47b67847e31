import type * as tf from '@tensorflow/tfjs-core'
import type { WasmBackend } from './backend.js'
import { binaryBase64 } from './simd.generated.js'

/** The functions of kernels/, which take addresses in the backend's heap, sizes and numbers. */
export type Simd = Record<
  | 'adamEma'
  | 'conv2d'
  | 'conv2dBackpropFilter'
  | 'copyRows'
  | 'groupNorm'
  | 'groupNormGradient'
  | 'matMulTransposed'
  | 'repeatBlocks'
  | 'sumBlocks'
  | 'sumMiddle',
  (...values: (number | boolean)[]) => void
>

let compiled: WebAssembly.Module | undefined
const instances = new WeakMap<WasmBackend, Simd>()

/** The kernels on this backend's memory. */
export function simdOf(backend: WasmBackend): Simd {
  let simd = instances.get(backend)
  if (!simd) {
    const memory = backend.wasm.asm.memory as WebAssembly.Memory | undefined
    if (!memory || String(memory.buffer) !== '[object ArrayBuffer]')
      throw new Error(
        "core.useBackend: tfjs's wasm backend must run without threads, got shared memory. Call useBackend before anything else starts the backend.",
      )
    compiled ??= new WebAssembly.Module(Uint8Array.from(atob(binaryBase64), byte => byte.charCodeAt(0)))
    simd = new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Simd
    instances.set(backend, simd)
  }
  return simd
}

/** Where a tensor's numbers start in the heap. */
export function addressOf(backend: WasmBackend, tensor: tf.TensorInfo): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset
}

/** A new float32 tensor of zeros; makeOutput alone leaves what was there. */
export function makeZeros(backend: WasmBackend, shape: number[]): tf.TensorInfo {
  const zeros = backend.makeOutput(shape, 'float32')
  const start = addressOf(backend, zeros)
  backend.wasm.HEAPU8.fill(0, start, start + 4 * shape.reduce((size, side) => size * side, 1))
  return zeros
}

/** Memory for the length of one kernel. */
export function withScratch(backend: WasmBackend, floats: number, body: (address: number) => void): void {
  const scratch = backend.makeOutput([floats], 'float32')
  body(addressOf(backend, scratch))
  backend.disposeData(scratch.dataId)
}
