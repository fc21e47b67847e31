import type { Job } from '../job.js'
import { program, rawDevice, storage } from '../raw-gpu.js'
import { digits, timed } from '../timed.js'

const MIB = 2 ** 20

/** How fast the device copies, computes, and exchanges data with the host. */
export const bandwidth: Job = async ({ software, record }) => {
  const device = await rawDevice(software)
  const seconds = software ? 0 : 0.7
  const settle = () => device.queue.onSubmittedWorkDone()

  const bytes = Math.min((software ? 1 : 512) * MIB, device.limits.maxStorageBufferBindingSize)
  const [from, to] = [storage(device, bytes), storage(device, bytes)]
  const copy = dispatching(device, copyText(bytes), [from, to], COPY_GROUPS)
  const copied = await timed({ run: copy, settle, seconds })
  record({ what: 'copy by a shader', bytes, GBs: digits((2 * bytes) / copied.ms / 1e6), ...copied })

  for (const type of ['f32', ...(device.features.has('shader-f16') ? ['f16'] : [])]) {
    const [groups, rounds] = software ? [4, 64] : [4096, 2048]
    const compute = dispatching(device, fmaText(type, rounds), [to], groups)
    const computed = await timed({ run: compute, settle, seconds })
    const flops = groups * THREADS * rounds * CHAINS * 4 * 2
    record({ what: `fma of ${type}`, TFLOPs: digits(flops / computed.ms / 1e9), ...computed })
  }

  const moved = software ? MIB : 64 * MIB
  const host = new Float32Array(moved / 4).fill(1)
  const up = await timed({ run: () => device.queue.writeBuffer(to, 0, host), settle, seconds })
  record({ what: 'upload', bytes: moved, GBs: digits(moved / up.ms / 1e6), ...up })
  for (const size of [moved, 4]) {
    const down = await timed({ run: () => read(device, to, size), settle: async () => {}, seconds })
    record({ what: 'read', bytes: size, GBs: digits(size / down.ms / 1e6), ...down })
  }
}

const THREADS = 256
const COPY_GROUPS = 8192
const CHAINS = 8

const copyText = (bytes: number) => `
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> result: array<vec4f>;
@compute @workgroup_size(${THREADS}) fn main(@builtin(global_invocation_id) id: vec3u) {
  for (var i = id.x; i < ${bytes / 16}u; i += ${COPY_GROUPS * THREADS}u) { result[i] = source[i]; }
}`

/** Independent chains of multiply-adds on four numbers each. */
const fmaText = (type: string, rounds: number) => `
${type === 'f16' ? 'enable f16;' : ''}
@group(0) @binding(0) var<storage, read_write> result: array<f32>;
@compute @workgroup_size(${THREADS}) fn main(@builtin(global_invocation_id) id: vec3u) {
  let a = vec4<${type}>(${type}(id.x % 7u) * 0.125);
  var x = array<vec4<${type}>, ${CHAINS}>();
  for (var i = 0u; i < ${rounds}u; i++) {
    ${Array.from({ length: CHAINS }, (_, c) => `x[${c}] = fma(x[${c}], a, a);`).join(' ')}
  }
  let sum = ${Array.from({ length: CHAINS }, (_, c) => `x[${c}]`).join(' + ')};
  result[id.x % ${THREADS}u] = f32(sum.x + sum.y + sum.z + sum.w);
}`

function dispatching(device: GPUDevice, code: string, buffers: readonly GPUBuffer[], groups: number) {
  const { pipeline, group } = program(device, code, buffers)
  return () => {
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, group)
    pass.dispatchWorkgroups(groups)
    pass.end()
    device.queue.submit([encoder.finish()])
  }
}

async function read(device: GPUDevice, buffer: GPUBuffer, size: number): Promise<void> {
  const staging = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST })
  const encoder = device.createCommandEncoder()
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, size)
  device.queue.submit([encoder.finish()])
  await staging.mapAsync(GPUMapMode.READ)
  new Uint8Array(staging.getMappedRange()).slice()
  staging.unmap()
  staging.destroy()
}
