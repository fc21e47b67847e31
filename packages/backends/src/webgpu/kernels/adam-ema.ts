import type * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend, WebgpuKernel } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { inPlace } from '../in-place.js'
import { bindings } from '../shader-text.js'

const THREADS = 256

/** Numbers of a slot: more than these, and a thread has several of them. */
const MOST_WORKGROUPS = 4096

/** Tensors of a slot, the gradient included; and of those, the ones that are written. */
const TENSORS = 5
const WRITTEN = 4

/** Adam and the moving average, in place where nothing else has the same buffer; as many slots a dispatch as can be bound. */
export const adamEma: WebgpuKernel<'AdamEma'> = ({ inputs, backend }) => {
  const [numbers, ...others] = Object.values(inputs) as [tf.Tensor, ...tf.Tensor[]]
  const holders = new Map<object, number>()
  for (const { dataId } of others) holders.set(dataId, (holders.get(dataId) ?? 0) + 1)
  const own = (tensor: tf.Tensor): tf.TensorInfo =>
    holders.get(tensor.dataId) === 1 && backend.refCount(tensor.dataId) === 1
      ? inPlace(backend, tensor)
      : copy(backend, tensor)
  // All are made before any is written.
  const written = others.filter((_, i) => i % TENSORS < WRITTEN).map(own)
  const gradients = others.filter((_, i) => i % TENSORS === WRITTEN)
  const slots = Math.floor((backend.device.limits.maxStorageBuffersPerShaderStage - 1) / TENSORS)
  for (let first = 0; first < gradients.length; first += slots) {
    const some = gradients.slice(first, first + slots)
    const longest = Math.max(...some.map(({ size }) => size))
    dispatch(backend, {
      shader: textOf(some.length),
      read: [numbers, ...some],
      write: written.slice(WRITTEN * first, WRITTEN * (first + slots)),
      workgroups: [Math.min(MOST_WORKGROUPS, Math.ceil(longest / THREADS)), some.length],
    })
  }
  return written
}

/** Workgroups (x, slot) have every THREADS-th run of numbers of a slot. */
const textOf = (slots: number): string => {
  const all = Array.from({ length: slots }, (_, slot) => slot)
  return `
${bindings({
  read: ['numbers', ...all.map(slot => `gradient${slot}`)],
  write: all.flatMap(slot => [`weight${slot}`, `m${slot}`, `v${slot}`, `ema${slot}`]),
})}
struct Slot { weight: f32, m: f32, v: f32, ema: f32 }
fn stepped(gradient: f32, before: Slot) -> Slot {
  // Where the factor is 0, the gradient may be NaN.
  let slope = select(numbers[0] * gradient, 0.0, numbers[0] == 0.0);
  var after: Slot;
  after.m = numbers[3] * before.m + numbers[4] * slope;
  after.v = numbers[5] * before.v + numbers[6] * slope * slope;
  after.weight = before.weight - numbers[1] * after.m / (sqrt(after.v) + numbers[2]);
  after.ema = numbers[7] * before.ema + numbers[8] * after.weight;
  return after;
}
${all.map(updateText).join('\n')}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let first = workgroup.x * ${THREADS}u + thread;
  let stride = workgroups.x * ${THREADS}u;
  switch workgroup.y {
    ${all.map(slot => `case ${slot}u: { update${slot}(first, stride); }`).join('\n    ')}
    default: {}
  }
}`
}

const updateText = (slot: number): string => `
fn update${slot}(first: u32, stride: u32) {
  for (var i = first; i < arrayLength(&gradient${slot}); i += stride) {
    let after = stepped(gradient${slot}[i], Slot(weight${slot}[i], m${slot}[i], v${slot}[i], ema${slot}[i]));
    weight${slot}[i] = after.weight;
    m${slot}[i] = after.m;
    v${slot}[i] = after.v;
    ema${slot}[i] = after.ema;
  }
}`

function copy(backend: WebgpuBackend, tensor: tf.Tensor): tf.TensorInfo {
  const made = backend.makeTensorInfo(tensor.shape, 'float32')
  if (tensor.size === 0) return made
  const [from, to] = [tensor, made].map(({ dataId }) => {
    backend.uploadToGPU(dataId)
    backend.commandQueueOwnedIds.add(dataId)
    return backend.tensorMap.get(dataId).resource!
  }) as [GPUBuffer, GPUBuffer]
  backend.ensureCommandEncoderReady()
  backend.endComputePassEncoder()
  backend.commandEncoder!.copyBufferToBuffer(from, 0, to, 0, from.size)
  return made
}
