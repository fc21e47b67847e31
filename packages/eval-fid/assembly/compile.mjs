import { compileAssembly } from '@rectified-flow/tools/compile-assembly'
import asc from 'assemblyscript/asc'

/** Compile the kernels of this folder; the text of src/linalg/wasm.generated.ts. */
export function compileKernels() {
  return compileAssembly(asc, new URL('.', import.meta.url))
}
