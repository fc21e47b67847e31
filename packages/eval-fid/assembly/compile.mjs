import { compileAssembly, MADE } from '@rectified-flow/tools/compile-assembly'
import asc from 'assemblyscript/asc'

/** Compile the kernels of this folder; the text of src/linalg/wasm.generated.ts. */
export async function compileKernels() {
  const { declarations, binary } = await compileAssembly(asc, new URL('.', import.meta.url))
  return MADE + declarations + binary
}
