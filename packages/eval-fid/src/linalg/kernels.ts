import { binaryBase64 } from './wasm.generated.js'

export type { Functions as Kernels } from './wasm.generated.js'

let compiled: WebAssembly.Module | undefined

/** The float64 kernels, compiled once. */
export function linalgModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(binaryBase64), byte => byte.charCodeAt(0)))
  return compiled
}
