import * as tf from '@tensorflow/tfjs-core'
import { named } from '../kernels/running-kernel.js'
import type { WebgpuBackend } from './backend.js'
import { dispatch } from './dispatch.js'
import { stopWaiting, wait } from './lazy.js'
import { bindings, inRows, unitOf } from './shader-text.js'

/** A workgroup computes COLUMNS neighbouring sums, with ROWS threads for each. */
const COLUMNS = 64
const ROWS = 4

/** The storage buffers that every device can bind. */
const BUFFERS = 8

interface Sums {
  /** [sums,count,inner], partial results that nothing else reads. */
  parts: tf.TensorInfo
  count: number
  inner: number
  /** Each has `inner` numbers. */
  totals: tf.TensorInfo[]
}

const queues = new WeakMap<WebgpuBackend, Sums[]>()

/**
 * Sums over partial results, such as those of a filter's gradient: parts [sums,count,inner] to one new tensor of each shape.
 * They wait until as many as one dispatch can compute are together, or until one of them is read. Takes over `parts`.
 */
export function sumParts(
  backend: WebgpuBackend,
  parts: tf.TensorInfo,
  count: number,
  shapes: readonly number[][],
): tf.TensorInfo[] {
  const queue = queues.get(backend) ?? []
  queues.set(backend, queue)
  const used = queue.reduce((sum, { totals }) => sum + 1 + totals.length, 0)
  if (used + 1 + shapes.length > BUFFERS) flush(backend, queue)
  const totals = shapes.map(shape => backend.makeTensorInfo(shape, 'float32'))
  queue.push({ parts, count, inner: tf.util.sizeFromShape(shapes[0]!), totals })
  // The totals are held as well: so they are there when the sums are computed, even if nothing wants them any more.
  for (const [i, total] of totals.entries())
    wait(backend, total, { held: i ? [] : [parts, ...totals], compute: () => flush(backend, queue) })
  backend.disposeData(parts.dataId)
  return totals
}

/** Compute the sums that wait. */
function flush(backend: WebgpuBackend, queue: Sums[]): void {
  const all = queue.splice(0)
  const totals = all.flatMap(sums => sums.totals)
  const letGo = stopWaiting(
    backend,
    totals.map(({ dataId }) => dataId),
  )
  const { shader, workgroups } = sumsText(all)
  named('SumParts', () =>
    dispatch(backend, { shader, read: all.map(({ parts }) => parts), write: totals, workgroups }),
  )
  letGo()
}

/** The workgroups of one total after those of another; `slot` is the total's number. */
function sumsText(all: readonly Sums[]): { shader: string; workgroups: [number, number] } {
  const slots = all.flatMap(({ count, inner, totals }, from) =>
    totals.map((_, i) => ({ from, count, inner, start: i * count * inner })),
  )
  let workgroups = 0
  const places = slots.map(({ count, inner, start }, slot) => {
    const first = workgroups
    workgroups += Math.ceil(inner / COLUMNS)
    return `if (unit < ${workgroups}u) { place = Place(${slot}u, unit - ${first}u, ${count}u, ${inner}u, ${start}u); }`
  })
  const shader = `
${bindings({ read: all.map((_, i) => `parts${i}`), write: slots.map((_, i) => `total${i}`) })}
struct Place { slot: u32, block: u32, count: u32, inner: u32, start: u32 }
fn part(slot: u32, i: u32) -> f32 {
  switch slot {
    ${slots.map(({ from }, slot) => `case ${slot}u: { return parts${from}[i]; }`).join('\n    ')}
    default: { return 0.0; }
  }
}
var<workgroup> partial: array<f32, ${COLUMNS * ROWS}>;
@compute @workgroup_size(${COLUMNS}, ${ROWS})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let unit = ${unitOf('workgroup')};
  var place = Place();
  ${places.join('\n  else ')}
  let column = place.block * ${COLUMNS}u + local.x;
  var sum = 0.0;
  if (column < place.inner) {
    for (var i = local.y; i < place.count; i += ${ROWS}u) {
      sum += part(place.slot, place.start + i * place.inner + column);
    }
  }
  partial[local.y * ${COLUMNS}u + local.x] = sum;
  workgroupBarrier();
  if (local.y > 0u || column >= place.inner) { return; }
  for (var row = 1u; row < ${ROWS}u; row++) { sum += partial[row * ${COLUMNS}u + local.x]; }
  switch place.slot {
    ${slots.map((_, slot) => `case ${slot}u: { total${slot}[column] = sum; }`).join('\n    ')}
    default: {}
  }
}`
  return { shader, workgroups: inRows(workgroups) }
}
