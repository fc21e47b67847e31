import type * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend, WebgpuKernel } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { inPlace } from '../in-place.js'
import type { Place } from '../region.js'
import { bindings, readText } from '../shader-text.js'
import { gather, placeToBind, runsOf } from '../together.js'

const THREADS = 256

/** Numbers of a slot: more than these, and a thread has several of them. */
const MOST_WORKGROUPS = 4096

/** The most slots of one dispatch, and the words that say where a slot's tensors are. */
const MOST_SLOTS = 32
const WORDS = 8

/** Tensors of a slot: its state, which is written, and the gradient. */
const TENSORS = 5
const WRITTEN = 4

interface Slot {
  state: readonly tf.TensorInfo[]
  gradient: tf.Tensor
  /** Where the state's tensors and the gradient are bound. */
  places: readonly Place[]
  from: Place
}

/**
 * Adam and the moving average, in place where nothing else has the same buffer. The state moves together into few buffers, so
 * that one dispatch can bind many slots.
 */
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
  const states = gradients.map((_, i) => written.slice(WRITTEN * i, WRITTEN * (i + 1)))
  const filled = [...gradients.keys()].filter(i => gradients[i]!.size > 0)
  gather(
    backend,
    filled.map(i => states[i]!),
  )
  const slots = filled.map((i): Slot => {
    const [state, gradient] = [states[i]!, gradients[i]!]
    const places = state.map(tensor => placeToBind(backend, tensor))
    return { state, gradient, places, from: placeToBind(backend, gradient) }
  })
  backend.uploadToGPU(numbers.dataId)
  for (const some of byBuffers(slots)) {
    const most = backend.device.limits.maxStorageBuffersPerShaderStage - 1 - statesOf(some[0]!).length
    for (const run of runsOf(some, ({ from }) => [from.buffer], { most, mostItems: MOST_SLOTS }))
      step(backend, numbers, run)
  }
  return written
}

/** The buffers of a slot's state. */
const statesOf = ({ places }: Slot): GPUBuffer[] => [...new Set(places.map(({ buffer }) => buffer))]

/** Slots whose states have the same buffers, each part the same. */
function byBuffers(slots: readonly Slot[]): Slot[][] {
  const groups: Slot[][] = []
  for (const slot of slots) {
    const isSame = ({ places }: Slot) => places.every(({ buffer }, i) => buffer === slot.places[i]!.buffer)
    const group = groups.find(([first]) => isSame(first!))
    if (group) group.push(slot)
    else groups.push([slot])
  }
  return groups
}

function step(backend: WebgpuBackend, numbers: tf.Tensor, slots: readonly Slot[]): void {
  const { places } = slots[0]!
  const states = statesOf(slots[0]!)
  const arrays = places.map(({ buffer }) => states.indexOf(buffer))
  const gradients = [...new Set(slots.map(({ from }) => from.buffer))]
  const uniforms = new Uint32Array(MOST_SLOTS * WORDS)
  for (const [i, { places, from, gradient }] of slots.entries()) {
    const first = [...places, from].map(({ offset }) => offset / 4)
    uniforms.set([...first, gradients.indexOf(from.buffer), gradient.size], i * WORDS)
  }
  const longest = Math.max(...slots.map(({ gradient }) => gradient.size))
  dispatch(backend, {
    shader: textOf(gradients.length, arrays),
    read: [numbers, ...slots.map(({ gradient }) => gradient)],
    write: slots.flatMap(({ state }) => state),
    buffers: [backend.tensorMap.get(numbers.dataId).resource!, ...gradients, ...states],
    uniforms,
    workgroups: [Math.min(MOST_WORKGROUPS, Math.ceil(longest / THREADS)), slots.length],
  })
}

/** Workgroups (x, slot) have every THREADS-th run of numbers of a slot. `arrays` has the number of the array of each part. */
const textOf = (gradients: number, arrays: readonly number[]): string => {
  const named = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}${i}`)
  const [read, write] = [named('gradient', gradients), named('state', new Set(arrays).size)]
  const [weights, ms, vs, emas] = arrays.map(number => write[number])
  return `
// Where the tensors of the state and the gradient begin in their arrays, and which array the gradient is in.
struct Slot { weight: u32, m: u32, v: u32, ema: u32, gradient: u32, array: u32, size: u32, pad: u32 }
${bindings({ read: ['numbers', ...read], write, uniforms: `slots: array<Slot, ${MOST_SLOTS}>` })}
${readText('gradientAt', read)}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let slot = uniforms.slots[workgroup.y];
  for (var i = workgroup.x * ${THREADS}u + thread; i < slot.size; i += workgroups.x * ${THREADS}u) {
    // Where the factor is 0, the gradient may be NaN.
    let slope = select(numbers[0] * gradientAt(slot.array, slot.gradient + i), 0.0, numbers[0] == 0.0);
    let m = numbers[3] * ${ms}[slot.m + i] + numbers[4] * slope;
    let v = numbers[5] * ${vs}[slot.v + i] + numbers[6] * slope * slope;
    let before = ${weights}[slot.weight + i];
    let weight = before - (numbers[1] * m / (sqrt(v) + numbers[2]) + numbers[9] * before);
    ${emas}[slot.ema + i] = numbers[7] * ${emas}[slot.ema + i] + numbers[8] * weight;
    ${weights}[slot.weight + i] = weight;
    ${ms}[slot.m + i] = m;
    ${vs}[slot.v + i] = v;
  }
}`
}

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
