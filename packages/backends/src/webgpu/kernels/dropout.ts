import type { WebgpuKernel } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { philoxText } from '../philox-text.js'
import { bindings, inRows, packUniforms, unitOf } from '../shader-text.js'

/** Threads of a workgroup; each has one block of random words, which is 8 numbers. */
const THREADS = 64
const PER_BLOCK = 8

const shader = `
${bindings({
  read: ['x'],
  write: ['y'],
  uniforms: 'key: vec2<u32>, counter: vec2<u32>, dropped: u32, kept: f32, size: u32',
})}
${philoxText}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let block = ${unitOf('workgroup')} * ${THREADS}u + thread;
  let first = block * ${PER_BLOCK}u;
  if (first >= uniforms.size) { return; }
  let words = philox(blockAfter(uniforms.counter, block), uniforms.key);
  for (var j = 0u; j < min(${PER_BLOCK}u, uniforms.size - first); j++) {
    let word = words[j / 2u];
    let bits = select((word >> 2u) & 0x7fffu, word >> 17u, j % 2u == 1u);
    y[first + j] = x[first + j] * select(uniforms.kept, 0.0, bits < uniforms.dropped);
  }
}`

/** Draws while it multiplies: there is no mask in memory, and nothing to upload. The bits are the host's. */
export const dropout: WebgpuKernel<'Dropout'> = ({ inputs: { x }, attrs, backend }) => {
  const y = backend.makeTensorInfo(x.shape, 'float32')
  const { place, dropped } = attrs
  const uniforms = packUniforms({ u32: dropped }, { f32: 2 ** 15 / (2 ** 15 - dropped) }, { u32: x.size })
  const workgroups = inRows(Math.ceil(x.size / (THREADS * PER_BLOCK)))
  dispatch(backend, { shader, read: [x], write: [y], place, uniforms, workgroups })
  return { y }
}
