import type { WebgpuKernel } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { bindings, packUniforms } from '../shader-text.js'
import { THREADS, totalText } from '../sum-of-workgroup.js'

/** Tensors of one dispatch: with the sums, the storage buffers that every device can bind. */
const TENSORS = 7

/** Workgroups that share a tensor out, each with one partial sum. */
const PARTS = 64

/** Sums of squares of all tensors: seven of them a dispatch, and one that adds up their partial sums. */
export const squareSums: WebgpuKernel<'SquareSums'> = ({ inputs, backend }) => {
  const tensors = Object.values(inputs)
  const parts = backend.makeTensorInfo([tensors.length, PARTS], 'float32')
  const sums = backend.makeTensorInfo([tensors.length], 'float32')
  for (let first = 0; first < tensors.length; first += TENSORS) {
    const some = tensors.slice(first, first + TENSORS)
    const slots = [...some.keys()].filter(slot => some[slot]?.size !== 0)
    dispatch(backend, {
      shader: partsText(slots),
      read: some.filter(({ size }) => size !== 0),
      write: [parts],
      uniforms: packUniforms({ u32: first }),
      workgroups: [PARTS, some.length],
    })
  }
  const workgroups = [Math.ceil(tensors.length / PARTS)] as const
  dispatch(backend, { shader: sumsText, read: [parts], write: [sums], workgroups })
  backend.disposeData(parts.dataId)
  return { sums }
}

/** Workgroup (p, slot) has the p-th part of a tensor; one that is empty isn't bound, and adds up to 0. */
const partsText = (slots: readonly number[]): string => `
${bindings({ read: slots.map(slot => `x${slot}`), write: ['parts'], uniforms: 'first: u32' })}
${totalText}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let start = workgroup.x * ${THREADS}u + thread;
  var sum = 0.0;
  switch workgroup.y {
    ${slots
      .map(
        slot =>
          `case ${slot}u: {
      for (var i = start; i < arrayLength(&x${slot}); i += ${PARTS * THREADS}u) { sum += x${slot}[i] * x${slot}[i]; }
    }`,
      )
      .join('\n    ')}
    default: {}
  }
  let part = total(thread, sum);
  if (thread == 0u) { parts[(uniforms.first + workgroup.y) * ${PARTS}u + workgroup.x] = part; }
}`

const sumsText = `
${bindings({ read: ['parts'], write: ['sums'] })}
@compute @workgroup_size(${PARTS})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= arrayLength(&sums)) { return; }
  var sum = 0.0;
  for (var p = 0u; p < ${PARTS}u; p++) { sum += parts[id.x * ${PARTS}u + p]; }
  sums[id.x] = sum;
}`
