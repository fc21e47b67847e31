import type * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend } from './backend.js'
import { dispatch } from './dispatch.js'
import { bindings, inRows, unitOf } from './shader-text.js'
import { sumParts } from './sum-parts.js'

/** A workgroup computes COLUMNS neighbouring sums, with ROWS threads for each. */
const COLUMNS = 64
const ROWS = 4

/** The fewest terms of a sum for one workgroup, and how many workgroups keep a large GPU busy. */
const TERMS = 256
const WORKGROUPS = 1024

interface SumOver {
  outer: number
  count: number
  inner: number
  /** Shape of the result, with outer · inner numbers. */
  shape: number[]
}

/** The most workgroups of a dispatch in one dimension. */
export const MOST_OUTER = 65_535

/**
 * x [outer,count,inner] summed over its middle axis; outer is at most MOST_OUTER. A few long sums are summed in parts first,
 * and then these.
 */
export function sumOver(
  backend: WebgpuBackend,
  x: tf.TensorInfo,
  { shape, ...sizes }: SumOver,
): tf.TensorInfo {
  const { outer, count, inner } = sizes
  const blocks = Math.ceil(inner / COLUMNS)
  const parts = Math.max(1, Math.min(Math.ceil(count / TERMS), Math.floor(WORKGROUPS / (outer * blocks))))
  const run = (from: tf.TensorInfo, to: tf.TensorInfo, count: number, parts: number) =>
    dispatch(backend, {
      shader: sumText(count, inner, parts),
      read: [from],
      write: [to],
      workgroups: [...inRows(blocks), outer * parts],
    })
  const partial = backend.makeTensorInfo(parts === 1 ? shape : [outer, parts, inner], 'float32')
  run(x, partial, count, parts)
  if (parts === 1) return partial
  const total = backend.makeTensorInfo(shape, 'float32')
  if (outer === 1) {
    sumParts(backend, { parts: partial, count: parts, stride: inner, totals: [{ tensor: total, start: 0 }] })
    return total
  }
  run(partial, total, parts, 1)
  backend.disposeData(partial.dataId)
  return total
}

const sumText = (count: number, inner: number, parts: number): string => `
${bindings({ read: ['x'], write: ['sums'] })}
const COUNT = ${count}u;
const INNER = ${inner}u;
const PARTS = ${parts}u;
var<workgroup> partial: array<f32, ${COLUMNS * ROWS}>;
@compute @workgroup_size(${COLUMNS}, ${ROWS})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let column = ${unitOf('workgroup')} * ${COLUMNS}u + local.x;
  let part = workgroup.z % PARTS;
  let start = workgroup.z / PARTS * COUNT * INNER + column;
  var sum = 0.0;
  if (column < INNER) {
    for (var i = part * ${ROWS}u + local.y; i < COUNT; i += PARTS * ${ROWS}u) { sum += x[start + i * INNER]; }
  }
  partial[local.y * ${COLUMNS}u + local.x] = sum;
  workgroupBarrier();
  if (local.y == 0u && column < INNER) {
    for (var row = 1u; row < ${ROWS}u; row++) { sum += partial[row * ${COLUMNS}u + local.x]; }
    sums[workgroup.z * INNER + column] = sum;
  }
}`
