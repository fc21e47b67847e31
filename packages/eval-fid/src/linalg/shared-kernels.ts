import { type Kernels, linalgModule } from './kernels.js'

/** The kernels and their memory, which are kept. The memory only grows, so callers pass large inputs in pieces. */
let shared: { memory: WebAssembly.Memory; kernels: Kernels } | undefined

/** The shared kernels, with memory for at least `numbers` float64 numbers. The next call may end views of that memory. */
export function sharedKernels(numbers: number): { memory: WebAssembly.Memory; kernels: Kernels } {
  if (!shared) {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const kernels = new WebAssembly.Instance(linalgModule(), { env: { memory } }).exports
    shared = { memory, kernels: kernels as unknown as Kernels }
  }
  const missing = 8 * numbers - shared.memory.buffer.byteLength
  if (missing > 0) shared.memory.grow(Math.ceil(missing / 65_536))
  return shared
}
