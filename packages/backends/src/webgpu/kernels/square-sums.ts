import type { WebgpuKernel } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { bindings, packUniforms } from '../shader-text.js'
import { MOST_THREADS as THREADS, totalText } from '../sum-of-workgroup.js'

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
  const most = backend.device.limits.maxStorageBuffersPerShaderStage - 1
  for (let first = 0; first < tensors.length; first += most) {
    const some = tensors.slice(first, first + most)
    const slots = [...some.keys()].filter(slot => some[slot]?.size !== 0)
    dispatch(backend, {
      shader: partsText(slots, count),
      read: some.filter(({ size }) => size !== 0),
      write: [parts],
      uniforms: packUniforms({ u32: first }),
      workgroups: [count, some.length],
    })
  }
  const workgroups = [Math.ceil(tensors.length / SUMS)] as const
  dispatch(backend, { shader: sumsText(count), read: [parts], write: [sums], workgroups })
  backend.disposeData(parts.dataId)
  return { sums }
}

/**
 * Workgroup (p, slot) has the p-th part of a tensor: every `count`-th run of THREADS numbers from the p-th on. Where there
 * is none it is done at once. A tensor that is empty isn't bound.
 */
const partsText = (slots: readonly number[], count: number): string => `
${bindings({ read: slots.map(slot => `x${slot}`), write: ['parts'], uniforms: 'first: u32' })}
${totalText(THREADS)}
fn lengthOf(slot: u32) -> u32 {
  switch slot {
    ${slots.map(slot => `case ${slot}u: { return arrayLength(&x${slot}); }`).join('\n    ')}
    default: { return 0u; }
  }
}
fn numberOf(slot: u32, i: u32) -> f32 {
  switch slot {
    ${slots.map(slot => `case ${slot}u: { return x${slot}[i]; }`).join('\n    ')}
    default: { return 0.0; }
  }
}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let slot = workgroup.y;
  let place = (uniforms.first + slot) * ${count}u + workgroup.x;
  let length = lengthOf(slot);
  if (workgroup.x * ${THREADS}u >= length) {
    if (thread == 0u) { parts[place] = 0.0; }
    return;
  }
  var sum = 0.0;
  for (var i = workgroup.x * ${THREADS}u + thread; i < length; i += ${count * THREADS}u) {
    let value = numberOf(slot, i);
    sum += value * value;
  }
  let part = total(thread, sum);
  if (thread == 0u) { parts[place] = part; }
}`

const sumsText = (count: number): string => `
${bindings({ read: ['parts'], write: ['sums'] })}
@compute @workgroup_size(${SUMS})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= arrayLength(&sums)) { return; }
  var sum = 0.0;
  for (var p = 0u; p < ${count}u; p++) { sum += parts[id.x * ${count}u + p]; }
  sums[id.x] = sum;
}`
