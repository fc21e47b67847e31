import { compileAssembly, MADE } from '@rectified-flow/tools/compile-assembly'
import asc from 'assemblyscript/asc'

/** Compile the kernels of this folder, without and with relaxed SIMD, and for wide vectors: files of src/wasm by name. */
export async function compileKernels() {
  // The memory is tfjs's, of whose maximum this is.
  const compile = (...options) =>
    compileAssembly(asc, new URL('.', import.meta.url), ['--maximumMemory', '65536', ...options])
  const plain = await compile('--use', 'WIDE=0')
  const relaxed = await compile('--use', 'WIDE=0', '--enable', 'relaxed-simd')
  const wide = await compile('--use', 'WIDE=1', '--enable', 'relaxed-simd')
  return {
    'functions.generated.ts': MADE + plain.declarations,
    'simd.generated.ts': MADE + plain.binary,
    'relaxed-simd.generated.ts': MADE + relaxed.binary,
    'wide-simd.generated.ts': MADE + wide.binary,
  }
}
