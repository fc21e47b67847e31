import type { Unavailable } from '../choose-backend.js'
import { whyNot } from './why-not.js'

const FLAGS = {
  // Without the first, Dawn hides the matrices of subgroups, which are tensor cores. Without the second, it hides float16 on
  // NVIDIA's drivers below 615, because some results were wrong there; the device run of bench/ checks those of our shaders.
  device: ['enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia'],
  // Dawn lets the driver zero a workgroup's memory. SwiftShader compiles that to a store for each number, which takes five
  // times as long as the rest of a convolution's shader. With this, the shader has a loop for it.
  software: ['disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension'],
}

/** What this module has made; each is made once. */
const made = new Map<boolean, GPU>()

/**
 * navigator.gpu in Node: the runtime's own if it has one (Deno, Electron), else Dawn from the optional package webgpu.
 * This function then sets navigator.gpu to Dawn, because tfjs looks there.
 *
 * @param software  for an adapter that computes on the CPU
 */
export async function dawn(software: boolean): Promise<GPU | Unavailable> {
  const present = (globalThis.navigator as Navigator | undefined)?.gpu
  if (present && ![...made.values()].includes(present)) return present
  const known = made.get(software)
  if (known) return known
  const pkg: string = 'webgpu' // not a literal in import(): bundlers and types must work without the optional package
  try {
    const { create, globals } = (await import(pkg)) as { create(flags: string[]): GPU; globals: object }
    Object.assign(globalThis, globals)
    const gpu = create([...FLAGS.device, ...(software ? FLAGS.software : [])])
    made.set(software, gpu)
    // Node 20 has no navigator; later versions have one without gpu.
    if (!globalThis.navigator)
      Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true })
    Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true })
    return gpu
  } catch (error) {
    return whyNot(pkg, error as Error)
  }
}
