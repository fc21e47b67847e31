import { setFlagsFromString } from 'node:v8'
import { bytesOf, hasRelaxedSimd } from '../wasm/binary.js'
import { chooseKernels, type Kernels } from '../wasm/simd.js'

// WebAssembly's vectors have 4 floats. V8's optimising compiler can make one instruction on 8 of two on 4 (AVX2's, with the same
// results), but only if it is asked, by a flag of the whole process. So the flags are set while our kernels are compiled, at once
// and without the baseline compiler, and then set back; other WebAssembly compiles as ever.
const FLAGS = [
  ['--experimental-wasm-revectorize', '--no-experimental-wasm-revectorize'],
  ['--no-liftoff', '--liftoff'],
  ['--no-wasm-lazy-compilation', '--wasm-lazy-compilation'],
  ['--no-wasm-inlining', '--wasm-inlining'], // without liftoff, V8 14 ends the process where it would inline
] as const

function compileWide(binary: BufferSource): WebAssembly.Module {
  for (const [flag] of FLAGS) setFlagsFromString(flag)
  try {
    return new WebAssembly.Module(binary)
  } finally {
    for (const [, flag] of FLAGS) setFlagsFromString(flag)
  }
}

/** Whether this is Node, not a program that embeds V8 in another way, with a V8 for which the flags were tested: 24 to 26. */
function canWiden(): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)\..*-node\./.exec(process.versions.v8)?.map(Number) ?? []
  const tested = (major === 13 && minor! >= 6) || major === 14
  return tested && process.arch === 'x64' && !process.versions.bun && hasRelaxedSimd()
}

/** The kernels for vectors of 8 floats; undefined where V8 can't make these. */
export async function wideKernels(): Promise<Kernels | undefined> {
  if (!canWiden()) return undefined
  const { binaryBase64 } = await import('../wasm/wide-simd.generated.js')
  return { binary: bytesOf(binaryBase64), compile: compileWide }
}

/** Use what V8 has for vectors but leaves disabled: relaxed SIMD in Node 20, vectors of 8 floats on x64 in Node 24 to 26. */
export async function enableVectors(): Promise<void> {
  if (process.versions.v8.startsWith('11.3.')) setFlagsFromString('--experimental-wasm-relaxed-simd')
  const wide = await wideKernels()
  if (wide) chooseKernels(wide)
}
