interface Dawn {
  create(flags: string[]): GPU
  globals: object
}

/** Dawn's adapters and devices work only as long as the object that they came from is reachable. */
const alive: GPU[] = []

/** An adapter without any package of ours. Throws if there is none, or if a GPU was asked for and only the CPU is there. */
export async function rawAdapter(software: boolean, flags: string[] = []): Promise<GPUAdapter> {
  const pkg: string = 'webgpu' // not a literal import: the package is optional
  const { create, globals } = (await import(pkg)) as Dawn
  Object.assign(globalThis, globals)
  const gpu = create(flags)
  alive.push(gpu)
  const adapter = await gpu.requestAdapter({
    powerPreference: 'high-performance',
    forceFallbackAdapter: software,
  })
  if (!adapter) throw new Error('bench.device: Dawn finds no adapter.')
  if (!software && adapter.info.isFallbackAdapter)
    throw new Error(`bench.device: the only adapter computes on the CPU: ${adapter.info.description}.`)
  return adapter
}

/** A device with all buffers that the adapter allows. What it refuses ends the process. */
export async function rawDevice(software: boolean): Promise<GPUDevice> {
  const adapter = await rawAdapter(software)
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits
  const device = await adapter.requestDevice({
    requiredFeatures: adapter.features.has('shader-f16') ? ['shader-f16'] : [],
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  })
  device.addEventListener('uncapturederror', event => {
    console.error((event as GPUUncapturedErrorEvent).error.message)
    process.exit(1)
  })
  return device
}

/** Storage that can be copied from and to. */
export function storage(device: GPUDevice, size: number): GPUBuffer {
  const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage
  return device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST })
}

/** A pipeline of the entry point `main`, and the group of its buffers in the order of their bindings. */
export function program(device: GPUDevice, code: string, buffers: readonly GPUBuffer[]) {
  const compute = { module: device.createShaderModule({ code }), entryPoint: 'main' }
  const pipeline = device.createComputePipeline({ layout: 'auto', compute })
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }))
  return { pipeline, group: device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }) }
}
