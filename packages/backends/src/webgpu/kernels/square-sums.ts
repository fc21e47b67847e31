import type * as tf from '@tensorflow/tfjs-core'
import type { WebgpuKernel } from '../backend.js'
import { dispatch } from '../dispatch.js'
import type { Place } from '../region.js'
import { bindings, readText } from '../shader-text.js'
import { MOST_THREADS as THREADS, totalText } from '../sum-of-workgroup.js'
import { placeToBind, runsOf } from '../together.js'

/** The most tensors of one dispatch, and the words that say where a tensor is. */
const MOST_SLOTS = 32
const WORDS = 4

interface Slot {
  tensor: tf.Tensor
  /** Where it is bound; an empty one isn't. */
  place: Place | undefined
  /** Its number among the inputs. */
  number: number
}

/** Numbers that are worth a workgroup, and the most workgroups that share a tensor out, each with one partial sum. */
const NUMBERS = 1024
const MOST_PARTS = 64

/** Threads that add up partial sums, a tensor's each. */
const SUMS = 64

/** Sums of squares of all tensors: as many a dispatch as can be bound, and one that adds up their partial sums. */
export const squareSums: WebgpuKernel<'SquareSums'> = ({ inputs, backend }) => {
  const tensors = Object.values(inputs)
  const longest = Math.max(...tensors.map(({ size }) => size))
  const count = Math.max(1, Math.min(MOST_PARTS, Math.ceil(longest / NUMBERS)))
  const parts = backend.makeTensorInfo([tensors.length, count], 'float32')
  const sums = backend.makeTensorInfo([tensors.length], 'float32')
  const slots = tensors.map((tensor, number): Slot => {
    return { tensor, number, place: tensor.size > 0 ? placeToBind(backend, tensor) : undefined }
  })
  const runs = runsOf(slots, ({ place }) => (place ? [place.buffer] : []), {
    most: backend.device.limits.maxStorageBuffersPerShaderStage - 1,
    mostItems: MOST_SLOTS,
  })
  for (const run of runs) {
    const buffers = [...new Set(run.flatMap(({ place }) => place?.buffer ?? []))]
    const uniforms = new Uint32Array(MOST_SLOTS * WORDS)
    for (const [i, { tensor, number, place }] of run.entries()) {
      const [array, first] = place ? [buffers.indexOf(place.buffer), place.offset / 4] : [0, 0]
      uniforms.set([array, first, tensor.size, number], i * WORDS)
    }
    backend.uploadToGPU(parts.dataId)
    dispatch(backend, {
      shader: partsText(buffers.length, count),
      read: run.filter(({ place }) => place).map(({ tensor }) => tensor),
      write: [parts],
      buffers: [...buffers, backend.tensorMap.get(parts.dataId).resource!],
      uniforms,
      workgroups: [count, run.length],
    })
  }
  const workgroups = [Math.ceil(tensors.length / SUMS)] as const
  dispatch(backend, { shader: sumsText(count), read: [parts], write: [sums], workgroups })
  backend.disposeData(parts.dataId)
  return { sums }
}

/**
 * Workgroup (p, slot) has the p-th part of a tensor: every `count`-th run of THREADS numbers from the p-th on. Where there
 * is none it is done at once.
 */
const partsText = (buffers: number, count: number): string => {
  const read = Array.from({ length: buffers }, (_, i) => `x${i}`)
  return `
struct Slot { array: u32, first: u32, size: u32, number: u32 }
${bindings({ read, write: ['parts'], uniforms: `slots: array<Slot, ${MOST_SLOTS}>` })}
${readText('numberAt', read)}
${totalText(THREADS)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let slot = uniforms.slots[workgroup.y];
  let place = slot.number * ${count}u + workgroup.x;
  if (workgroup.x * ${THREADS}u >= slot.size) {
    if (thread == 0u) { parts[place] = 0.0; }
    return;
  }
  var sum = 0.0;
  for (var i = workgroup.x * ${THREADS}u + thread; i < slot.size; i += ${count * THREADS}u) {
    let value = numberAt(slot.array, slot.first + i);
    sum += value * value;
  }
  let part = total(thread, sum);
  if (thread == 0u) { parts[place] = part; }
}`
}

const sumsText = (count: number): string => `
${bindings({ read: ['parts'], write: ['sums'] })}
@compute @workgroup_size(${SUMS})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= arrayLength(&sums)) { return; }
  var sum = 0.0;
  for (var p = 0u; p < ${count}u; p++) { sum += parts[id.x * ${count}u + p]; }
  sums[id.x] = sum;
}`
