import type * as tf from '@tensorflow/tfjs-core'
import type { RandomAttrs } from '../kernels/table.js'
import type { WebgpuBackend } from './backend.js'
import { dispatch } from './dispatch.js'
import { philoxText } from './philox-text.js'
import { bindings, inRows, packUniforms, unitOf } from './shader-text.js'

/** Threads of a workgroup; each has one block of random words, which is 4 numbers. */
const THREADS = 64
const PER_BLOCK = 4

/** A shader that fills a tensor. `numbers` is WGSL: `numbers(words)` makes four numbers from four random words. */
export const drawing = (numbers: string): string => `
${bindings({ read: [], write: ['y'], uniforms: 'key: vec2<u32>, counter: vec2<u32>, size: u32' })}
${philoxText}
${numbers}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let block = ${unitOf('workgroup')} * ${THREADS}u + thread;
  let first = block * ${PER_BLOCK}u;
  if (first >= uniforms.size) { return; }
  let drawn = numbers(philox(blockAfter(uniforms.counter, block), uniforms.key));
  for (var j = 0u; j < min(${PER_BLOCK}u, uniforms.size - first); j++) { y[first + j] = drawn[j]; }
}`

/** The tensor that a `drawing` fills from the words at a place. */
export function draw(backend: WebgpuBackend, shader: string, { place, shape }: RandomAttrs): tf.TensorInfo {
  const y = backend.makeTensorInfo(shape, 'float32')
  const size = shape.reduce((product, side) => product * side, 1)
  const workgroups = inRows(Math.ceil(size / (THREADS * PER_BLOCK)))
  dispatch(backend, {
    shader,
    read: [],
    write: [y],
    place,
    uniforms: packUniforms({ u32: size }),
    workgroups,
  })
  return y
}
