import * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend } from './backend.js'
import { dispatch } from './dispatch.js'
import { bindings, inRows, unitOf } from './shader-text.js'

const THREADS = 256

/**
 * Copy a whole to its pieces, which lie side by side along an axis, or the pieces to the whole, as many a dispatch as can be
 * bound. All are float32, and none is empty.
 */
export function copyPieces(
  backend: WebgpuBackend,
  to: 'pieces' | 'whole',
  whole: tf.TensorInfo,
  pieces: readonly tf.TensorInfo[],
  axis: number,
): void {
  const size = tf.util.sizeFromShape
  const rows = size(whole.shape.slice(0, axis))
  const columnsOf = ({ shape }: tf.TensorInfo) => size(shape.slice(axis))
  let start = 0 // the first column of the whole
  const most = backend.device.limits.maxStorageBuffersPerShaderStage - 1
  for (let first = 0; first < pieces.length; first += most) {
    const some = pieces.slice(first, first + most)
    const columns = some.map(columnsOf)
    const all = columns.reduce((sum, count) => sum + count, 0)
    dispatch(backend, {
      shader: piecesText(to, columns, { all, start, row: columnsOf(whole), size: rows * all }),
      read: to === 'pieces' ? [whole] : some,
      write: to === 'pieces' ? some : [whole],
      workgroups: inRows(Math.ceil((rows * all) / THREADS)),
    })
    start += all
  }
}

/** Each thread copies one number. `row` is the length of the whole's rows, `all` that of these pieces together. */
function piecesText(
  to: 'pieces' | 'whole',
  columns: readonly number[],
  { all, start, row, size }: { all: number; start: number; row: number; size: number },
): string {
  const names = columns.map((_, i) => `piece${i}`)
  let before = 0
  const cases = columns.map((count, i) => {
    const piece = `${names[i]}[row * ${count}u + column - ${before}u]`
    before += count
    return `if (column < ${before}u) { ${to === 'pieces' ? `${piece} = whole[at];` : `whole[at] = ${piece};`} }`
  })
  return `
${bindings(to === 'pieces' ? { read: ['whole'], write: names } : { read: names, write: ['whole'] })}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let i = ${unitOf('workgroup')} * ${THREADS}u + thread;
  if (i >= ${size}u) { return; }
  let row = i / ${all}u;
  let column = i % ${all}u;
  let at = row * ${row}u + ${start}u + column;
  ${cases.join('\n  else ')}
}`
}
