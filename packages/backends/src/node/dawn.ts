import type { Unavailable } from '../choose-backend.js'
import { whyNot } from './why-not.js'

/**
 * navigator.gpu in Node: the runtime's own if it has one (Deno, Electron), else Dawn from the optional package webgpu.
 * This function then sets navigator.gpu to Dawn, because tfjs looks there.
 */
export async function dawn(): Promise<GPU | Unavailable> {
  const present = (globalThis.navigator as Navigator | undefined)?.gpu
  if (present) return present
  const pkg: string = 'webgpu' // not a literal in import(): bundlers and types must work without the optional package
  try {
    const { create, globals } = (await import(pkg)) as { create(flags: string[]): GPU; globals: object }
    Object.assign(globalThis, globals)
    // Without this, Dawn hides the matrices of subgroups, which are tensor cores.
    const gpu = create(['enable-dawn-features=allow_unsafe_apis'])
    // Node 20 has no navigator; later versions have one without gpu.
    if (!globalThis.navigator)
      Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true })
    Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true })
    return gpu
  } catch (error) {
    return whyNot(pkg, error as Error)
  }
}
