import * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend } from './backend.js'
import { dispatch } from './dispatch.js'
import { bindings, inRows, unitOf } from './shader-text.js'
import { placeToBind, runsOf } from './together.js'

const THREADS = 256

/** The most pieces of one dispatch: browsers refuse a chain of more than 127 conditions. */
const MOST_PIECES = 64

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
  const places = new Map(pieces.map(piece => [piece, placeToBind(backend, piece)]))
  const runs = runsOf(pieces, piece => [places.get(piece)!.buffer], {
    most: backend.device.limits.maxStorageBuffersPerShaderStage - 1,
    mostItems: MOST_PIECES,
  })
  backend.uploadToGPU(whole.dataId)
  const wholeBuffer = backend.tensorMap.get(whole.dataId).resource!
  let start = 0 // the first column of the whole
  for (const some of runs) {
    const buffers = [...new Set(some.map(piece => places.get(piece)!.buffer))]
    const parts = some.map(piece => {
      const { buffer, offset } = places.get(piece)!
      return { array: `pieces${buffers.indexOf(buffer)}`, first: offset / 4, columns: columnsOf(piece) }
    })
    const all = parts.reduce((sum, { columns }) => sum + columns, 0)
    const isSplit = to === 'pieces'
    dispatch(backend, {
      shader: piecesText(to, buffers.length, parts, { all, start, row: columnsOf(whole), size: rows * all }),
      read: isSplit ? [whole] : some,
      write: isSplit ? some : [whole],
      buffers: isSplit ? [wholeBuffer, ...buffers] : [...buffers, wholeBuffer],
      workgroups: inRows(Math.ceil((rows * all) / THREADS)),
    })
    start += all
  }
}

interface Part {
  /** The name of the array that has it, and where it begins there. */
  array: string
  first: number
  columns: number
}

/** Each thread copies one number. `row` is the length of the whole's rows, `all` that of these pieces together. */
function piecesText(
  to: 'pieces' | 'whole',
  arrays: number,
  parts: readonly Part[],
  { all, start, row, size }: { all: number; start: number; row: number; size: number },
): string {
  const names = Array.from({ length: arrays }, (_, i) => `pieces${i}`)
  let before = 0
  const cases = parts.map(({ array, first, columns }) => {
    const piece = `${array}[${first}u + row * ${columns}u + column - ${before}u]`
    before += columns
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
