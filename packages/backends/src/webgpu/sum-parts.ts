import type * as tf from '@tensorflow/tfjs-core'
import { named } from '../kernels/running-kernel.js'
import type { WebgpuBackend } from './backend.js'
import { dispatch } from './dispatch.js'
import { stopWaiting, wait } from './lazy.js'
import type { Place } from './region.js'
import { bindings, inRows, readText, unitOf } from './shader-text.js'
import { bytesTogether, makeTogether, placeToBind } from './together.js'

/** A workgroup computes COLUMNS neighbouring sums, with ROWS threads for each. */
const COLUMNS = 64
const ROWS = 4

/** The most sums of one dispatch, and the words that describe one. */
const MOST_TOTALS = 32
const WORDS = 8

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
  const { maxStorageBuffersPerShaderStage, maxStorageBufferBindingSize } = backend.device.limits
  const all = [...queue, sums]
  if (
    all.length + 1 > maxStorageBuffersPerShaderStage ||
    totalsOf(all).length > MOST_TOTALS ||
    bytesTogether(totalsOf(all)) > maxStorageBufferBindingSize
  )
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
  const totals = totalsOf(all)
  const letGo = stopWaiting(
    backend,
    totals.map(({ dataId }) => dataId),
  )
  makeTogether(backend, totals)
  const places = totals.map(tensor => placeToBind(backend, tensor))
  const { uniforms, workgroups } = slotsOf(all, places)
  const read = all.map(({ parts }) => parts)
  const buffers = [...read.map(tensor => placeToBind(backend, tensor).buffer), places[0]!.buffer]
  const shader = textOf(read.length)
  named('SumParts', () => dispatch(backend, { shader, read, write: totals, buffers, uniforms, workgroups }))
  letGo()
}

const totalsOf = (all: readonly Parts[]): tf.TensorInfo[] =>
  all.flatMap(({ totals }) => totals.map(({ tensor }) => tensor))

/** Where each total comes from and goes to; the workgroups of one come after those of the one before. */
function slotsOf(
  all: readonly Parts[],
  places: readonly Place[],
): { uniforms: Uint32Array<ArrayBuffer>; workgroups: [number, number] } {
  const uniforms = new Uint32Array(MOST_TOTALS * WORDS)
  const slots = all.flatMap(({ count, stride, totals }, from) =>
    totals.map(({ start }) => ({ from, count, stride, start })),
  )
  let workgroups = 0
  for (const [i, { from, count, stride, start }] of slots.entries()) {
    const { offset, size } = places[i]!
    uniforms.set([from, workgroups, count, stride, start, size / 4, offset / 4], i * WORDS)
    workgroups += Math.ceil(size / 4 / COLUMNS)
  }
  return { uniforms, workgroups: inRows(workgroups) }
}

const textOf = (parts: number): string => {
  const read = Array.from({ length: parts }, (_, i) => `parts${i}`)
  return `
struct Slot { array: u32, firstUnit: u32, count: u32, stride: u32, start: u32, size: u32, to: u32, pad: u32 }
${bindings({ read, write: ['totals'], uniforms: `slots: array<Slot, ${MOST_TOTALS}>` })}
${readText('partAt', read)}
var<workgroup> partial: array<f32, ${COLUMNS * ROWS}>;
@compute @workgroup_size(${COLUMNS}, ${ROWS})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let unit = ${unitOf('workgroup')};
  var slot = uniforms.slots[0];
  for (var i = 1u; i < ${MOST_TOTALS}u; i++) {
    let next = uniforms.slots[i];
    if (next.size == 0u || next.firstUnit > unit) { break; }
    slot = next;
  }
  let column = (unit - slot.firstUnit) * ${COLUMNS}u + local.x;
  var sum = 0.0;
  if (column < slot.size) {
    for (var i = local.y; i < slot.count; i += ${ROWS}u) {
      sum += partAt(slot.array, slot.start + i * slot.stride + column);
    }
  }
  partial[local.y * ${COLUMNS}u + local.x] = sum;
  workgroupBarrier();
  if (local.y > 0u || column >= slot.size) { return; }
  for (var row = 1u; row < ${ROWS}u; row++) { sum += partial[row * ${COLUMNS}u + local.x]; }
  totals[slot.to + column] = sum;
}`
}
