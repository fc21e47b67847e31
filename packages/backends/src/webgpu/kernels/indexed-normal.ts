import type { WebgpuKernel } from '../backend.js'
import { normalsText } from '../box-muller-text.js'
import { dispatch } from '../dispatch.js'
import { philoxText } from '../philox-text.js'
import { bindings, inRows, packUniforms, unitOf } from '../shader-text.js'

/** Threads of a workgroup; each has one block of random words, which is 4 numbers of a row. */
const THREADS = 64
const PER_BLOCK = 4

const shader = `
${bindings({
  read: ['indices: vec2<u32>'],
  write: ['y'],
  uniforms: 'key: vec2<u32>, counter: vec2<u32>, rows: u32, rowSize: u32',
})}
${philoxText}
${normalsText}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let unit = ${unitOf('workgroup')} * ${THREADS}u + thread;
  let blocks = (uniforms.rowSize + ${PER_BLOCK - 1}u) / ${PER_BLOCK}u;
  let row = unit / blocks;
  if (row >= uniforms.rows) { return; }
  let block = unit % blocks;
  let first = block * ${PER_BLOCK}u;
  let fork = philox(vec4<u32>(indices[row], 0u, 1u), uniforms.key).xy; // as core's Rng.fork makes a key of a number
  let drawn = numbers(philox(vec4<u32>(block, 0u, 0u, 0u), fork));
  for (var j = 0u; j < min(${PER_BLOCK}u, uniforms.rowSize - first); j++) {
    y[row * uniforms.rowSize + first + j] = drawn[j];
  }
}`

/** Each row from its own fork of the stream: the host sends 8 bytes a sample. */
export const indexedNormal: WebgpuKernel<'IndexedNormal'> = ({ inputs: { indices }, attrs, backend }) => {
  const { place, shape } = attrs
  const [rows] = indices.shape
  const rowSize = shape.reduce((product, side) => product * side, 1)
  const y = backend.makeTensorInfo([rows, ...shape], 'float32')
  const uniforms = packUniforms({ u32: rows }, { u32: rowSize })
  const workgroups = inRows(Math.ceil((rows * Math.ceil(rowSize / PER_BLOCK)) / THREADS))
  dispatch(backend, { shader, read: [indices], write: [y], place, uniforms, workgroups })
  return { y }
}
