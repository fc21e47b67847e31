import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

/** What the addon exports: the instructions that its kernels use, or why libtensorflow has not got them. */
type Addon = { level: 'avx2' | 'avx512' } | { why: string }

/**
 * Give this process's libtensorflow the operations of native/, which this package ships as a binary for each kind of machine.
 * Without them the backend works too, but slower. RECTIFIED_FLOW_NATIVE=none does without them, avx2 with shorter vectors.
 */
export function loadNativeOperations(): Addon {
  if (process.env.RECTIFIED_FLOW_NATIVE === 'none') return { why: 'RECTIFIED_FLOW_NATIVE is none' }
  const addon = { exports: {} as Addon }
  try {
    const folder = dirname(require.resolve('@rectified-flow/backends/package.json'))
    process.dlopen(addon, join(folder, 'native', `${process.platform}-${process.arch}.node`))
    return addon.exports
  } catch (error) {
    return { why: (error as Error).message }
  }
}
