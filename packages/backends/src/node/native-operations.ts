import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

/** What the addon exports: the instructions that its kernels use, or why libtensorflow has not got them. */
type Addon = { level: 'AVX2' | 'AVX-512' } | { why: string }

/**
 * Give this process's libtensorflow the operations of native/, which this package ships as a binary for each kind of machine that
 * it has one for. RECTIFIED_FLOW_NATIVE=none does without them, avx2 with shorter vectors.
 *
 * @returns the instructions that their kernels use; undefined if there are no such operations here
 */
export function loadNativeOperations(): string | undefined {
  if (process.env.RECTIFIED_FLOW_NATIVE === 'none') return undefined
  const addon = { exports: {} as Addon }
  try {
    const folder = dirname(require.resolve('@rectified-flow/backends/package.json'))
    process.dlopen(addon, join(folder, 'native', `${process.platform}-${process.arch}.node`))
  } catch {
    return undefined // no binary for this machine
  }
  return 'level' in addon.exports ? addon.exports.level : undefined
}
