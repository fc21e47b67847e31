import type { WebgpuKernel } from '../backend.js'
import { normalsText } from '../box-muller-text.js'
import { dispatch } from '../dispatch.js'
import { philoxText } from '../philox-text.js'
import { bindings, inRows, packUniforms, unitOf } from '../shader-text.js'

/** Threads of a workgroup; each has one block of random words, which is 4 numbers of a row. */
const THREADS = 64
const PER_BLOCK = 4

const shader = `
${bindings({ read: ['keys: vec2<u32>'], write: ['y'], uniforms: 'rows: u32, rowSize: u32' })}
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
  let drawn = numbers(philox(vec2<u32>(block, 0u), keys[row]));
  for (var j = 0u; j < min(${PER_BLOCK}u, uniforms.rowSize - first); j++) {
    y[row * uniforms.rowSize + first + j] = drawn[j];
  }
}`

/** Each row from its own key: the host sends 8 bytes a sample. */
export const indexedNormal: WebgpuKernel<'IndexedNormal'> = ({ inputs: { keys }, attrs, backend }) => {
  const [rows] = keys.shape
  const rowSize = attrs.shape.reduce((product, side) => product * side, 1)
  const y = backend.makeTensorInfo([rows, ...attrs.shape], 'float32')
  const uniforms = packUniforms({ u32: rows }, { u32: rowSize })
  const workgroups = inRows(Math.ceil((rows * Math.ceil(rowSize / PER_BLOCK)) / THREADS))
  dispatch(backend, { shader, read: [keys], write: [y], uniforms, workgroups })
  return { y }
}
