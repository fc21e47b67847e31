import { compileAssembly } from '@rectified-flow/tools/compile-assembly'
import asc from 'assemblyscript/asc'

/** Compile the kernels of this folder; the text of src/wasm/simd.generated.ts. */
export function compileKernels() {
  // The memory is tfjs's, of whose maximum this is.
  return compileAssembly(asc, new URL('.', import.meta.url), ['--maximumMemory', '65536'])
}
