import * as tf from '@tensorflow/tfjs-core'
import { named } from '../kernels/running-kernel.js'
import type { WebgpuBackend } from './backend.js'
import { dispatch } from './dispatch.js'
import { stopWaiting, wait } from './lazy.js'
import { bindings, inRows, unitOf } from './shader-text.js'

/** A workgroup computes COLUMNS neighbouring sums, with ROWS threads for each. */
const COLUMNS = 64
const ROWS = 4

/** Partial results, and what they add up to. */
export interface Parts {
  /** `count` parts of `stride` numbers. Nothing else reads them. */
  parts: tf.TensorInfo
  count: number
  stride: number
  /** New tensors: each is the sum over the parts of its numbers from `start` on. */
  totals: readonly { tensor: tf.TensorInfo; start: number }[]
}

const queues = new WeakMap<WebgpuBackend, Parts[]>()

/**
 * Sums over partial results, such as those of a filter's gradient. They wait until as many as one dispatch can compute are
 * together, or until one of them is read. Takes over `parts`.
 */
export function sumParts(backend: WebgpuBackend, sums: Parts): void {
  const queue = queues.get(backend) ?? []
  queues.set(backend, queue)
  const used = queue.reduce((sum, { totals }) => sum + 1 + totals.length, 0)
  if (used + 1 + sums.totals.length > backend.device.limits.maxStorageBuffersPerShaderStage)
    flush(backend, queue)
  queue.push(sums)
  // The totals are held as well: so they are there when the sums are computed, even if nothing wants them any more.
  const held = [sums.parts, ...sums.totals.map(({ tensor }) => tensor)]
  for (const [i, { tensor }] of sums.totals.entries())
    wait(backend, tensor, { held: i ? [] : held, compute: () => flush(backend, queue) })
  backend.disposeData(sums.parts.dataId)
}

/** Compute the sums that wait. */
function flush(backend: WebgpuBackend, queue: Parts[]): void {
  const all = queue.splice(0)
  const totals = all.flatMap(sums => sums.totals.map(({ tensor }) => tensor))
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

const sizeOf = ({ shape }: tf.TensorInfo): number => tf.util.sizeFromShape(shape as number[])

/** The workgroups of one total after those of another; `slot` is the total's number. */
function sumsText(all: readonly Parts[]): { shader: string; workgroups: [number, number] } {
  const slots = all.flatMap(({ count, stride, totals }, from) =>
    totals.map(({ tensor, start }) => ({ from, count, stride, start, size: sizeOf(tensor) })),
  )
  let workgroups = 0
  const places = slots.map(({ count, stride, start, size }, slot) => {
    const first = workgroups
    workgroups += Math.ceil(size / COLUMNS)
    const numbers = [slot, `unit - ${first}`, count, stride, start, size].map(number => `${number}u`)
    return `if (unit < ${workgroups}u) { place = Place(${numbers}); }`
  })
  const shader = `
${bindings({ read: all.map((_, i) => `parts${i}`), write: slots.map((_, i) => `total${i}`) })}
struct Place { slot: u32, block: u32, count: u32, stride: u32, start: u32, size: u32 }
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
  if (column < place.size) {
    for (var i = local.y; i < place.count; i += ${ROWS}u) {
      sum += part(place.slot, place.start + i * place.stride + column);
    }
  }
  partial[local.y * ${COLUMNS}u + local.x] = sum;
  workgroupBarrier();
  if (local.y > 0u || column >= place.size) { return; }
  for (var row = 1u; row < ${ROWS}u; row++) { sum += partial[row * ${COLUMNS}u + local.x]; }
  switch place.slot {
    ${slots.map((_, slot) => `case ${slot}u: { total${slot}[column] = sum; }`).join('\n    ')}
    default: {}
  }
}`
  return { shader, workgroups: inRows(workgroups) }
}
