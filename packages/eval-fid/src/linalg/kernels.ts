import { binaryBase64 } from './wasm.generated.js'

/** The functions of assembly/, which take addresses, strides in bytes, sizes and numbers. */
export interface Kernels {
  addProduct(...addressesAndSizes: number[]): void
  pivotedCholesky(a: number, dim: number, factor: number, order: number, rest: number): number
  roomFor(dim: number): number
  traceOfFactors(...addressesAndSizes: number[]): number
}

let compiled: WebAssembly.Module | undefined

/** The float64 kernels, compiled once. */
export function linalgModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(binaryBase64), byte => byte.charCodeAt(0)))
  return compiled
}
