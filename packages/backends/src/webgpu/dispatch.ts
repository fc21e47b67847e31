import type { WordPlace } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { runningKernel } from '../kernels/running-kernel.js'
import type { WebgpuBackend } from './backend.js'
import { recordingOf } from './commands/recording.js'

interface Dispatch {
  /** WGSL with the entry point `main`. */
  shader: string
  /** What is bound, in this order: see `bindings`. */
  read: readonly tf.TensorInfo[]
  write: readonly tf.TensorInfo[]
  /** What is bound in their place, if some of them have one buffer (see together.ts). */
  buffers?: readonly GPUBuffer[]
  uniforms?: Uint32Array<ArrayBuffer>
  /** Where the shader's random words begin. The uniforms begin with it: key: vec2<u32>, counter: vec2<u32>. */
  place?: WordPlace
  workgroups: readonly [number, number?, number?]
}

/** A compiled shader, and the uniforms of its last call. */
interface Compiled {
  pipeline: GPUComputePipeline
  layout: GPUBindGroupLayout
  last?: { values: Uint32Array; buffer: GPUBuffer }
}

const compiled = new WeakMap<GPUDevice, Map<string, Compiled>>()

/**
 * Encode one dispatch after those before, of tfjs's kernels too. A shader is compiled once for each device; shapes may stand
 * in its text, since there are few of them. Where a tensor is empty nothing is dispatched, and what is written is 0.
 */
export function dispatch(backend: WebgpuBackend, call: Dispatch): void {
  const tensors = [...call.read, ...call.write]
  const sizeOf = ({ shape }: tf.TensorInfo) => tf.util.sizeFromShape(shape as number[])
  if (tensors.some(tensor => sizeOf(tensor) === 0)) {
    for (const tensor of call.write)
      backend.tensorMap.get(tensor.dataId).values = new Float32Array(sizeOf(tensor))
    return
  }
  const shader = compile(backend.device, call.shader)
  for (const { dataId } of tensors) backend.uploadToGPU(dataId)
  const buffers = call.buffers
    ? [...call.buffers]
    : tensors.map(({ dataId }) => backend.tensorMap.get(dataId).resource!)
  const uniforms = call.place ? withPlace(call.place, call.uniforms) : call.uniforms
  if (uniforms)
    buffers.push(
      recordingOf(backend)?.uniforms(uniforms, call.place) ?? uniformBuffer(backend, shader, uniforms),
    )
  const group = backend.device.createBindGroup({
    layout: shader.layout,
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  })
  backend.ensureCommandEncoderReady()
  backend.computePassEncoder ??= backend.commandEncoder!.beginComputePass()
  backend.computePassEncoder.setPipeline(shader.pipeline)
  backend.computePassEncoder.setBindGroup(0, group)
  backend.computePassEncoder.dispatchWorkgroups(...call.workgroups)
  for (const { dataId } of tensors) backend.commandQueueOwnedIds.add(dataId)
  backend.dispatchCountInPass++
  if (backend.dispatchCountInPass >= tf.env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) {
    backend.endComputePassEncoder()
    backend.submitQueue()
  }
}

function compile(device: GPUDevice, code: string): Compiled {
  const shaders = compiled.get(device) ?? new Map<string, Compiled>()
  compiled.set(device, shaders)
  const known = shaders.get(code)
  if (known) return known
  const compute = { module: device.createShaderModule({ code }), entryPoint: 'main' }
  const pipeline = device.createComputePipeline({ label: runningKernel(), layout: 'auto', compute })
  const shader = { pipeline, layout: pipeline.getBindGroupLayout(0) }
  shaders.set(code, shader)
  return shader
}

/** The uniforms on the device. The buffer of the last call serves again where they are the same, as an optimiser's are. */
function uniformBuffer(
  backend: WebgpuBackend,
  shader: Compiled,
  values: Uint32Array<ArrayBuffer>,
): GPUBuffer {
  const { last } = shader
  if (last?.values.every((value, i) => value === values[i])) return last.buffer
  if (last) backend.uniformPendingDisposal.push(last.buffer) // what is encoded may still read it
  const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM
  const buffer = backend.bufferManager.acquireBuffer(values.byteLength, usage)
  backend.device.queue.writeBuffer(buffer, 0, values)
  shader.last = { values, buffer }
  return buffer
}

function withPlace({ key, counter }: WordPlace, words = new Uint32Array()): Uint32Array<ArrayBuffer> {
  return Uint32Array.of(...key, ...counter, ...words)
}
