import { setFlagsFromString } from 'node:v8'
import { bytesOf, hasRelaxedSimd } from '../wasm/binary.js'
import { chooseKernels, type Kernels } from '../wasm/simd.js'

// WebAssembly's vectors have 4 floats. V8's optimising compiler can make one instruction on 8 of two on 4 (AVX2's, with the same
// results), but only if it is asked, by a flag of the whole process. So it is asked while our kernels are compiled, all at once and
// without the baseline compiler, and then no more; other WebAssembly compiles as ever. The mask has a bit for each of the first 32
// functions. (--no-liftoff would do for more, but with it V8 14 ends the process where it inlines.)
const FLAGS = [
  ['--experimental-wasm-revectorize', '--no-experimental-wasm-revectorize'],
  ['--wasm-tier-mask-for-testing=-1', '--wasm-tier-mask-for-testing=0'],
  ['--no-wasm-lazy-compilation', '--wasm-lazy-compilation'],
] as const

function compileWide(binary: BufferSource): WebAssembly.Module {
  const changed = FLAGS.filter(([set]) => !process.execArgv.includes(set))
  for (const [set] of changed) setFlagsFromString(set)
  try {
    return new WebAssembly.Module(binary)
  } finally {
    for (const [, setBack] of changed) setFlagsFromString(setBack)
  }
}

/** Whether this is Node, not a program that embeds V8 in another way, with a V8 for which the flags were tested: 24 to 26. */
function canWiden(): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)\..*-node\./.exec(process.versions.v8)?.map(Number) ?? []
  const tested = (major === 13 && minor! >= 6) || major === 14
  const unwanted = process.execArgv.includes('--no-experimental-wasm-revectorize')
  return tested && !unwanted && process.arch === 'x64' && !process.versions.bun && hasRelaxedSimd()
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
