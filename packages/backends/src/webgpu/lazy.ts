import * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend } from './backend.js'
import { dispatch } from './dispatch.js'
import { type Expression, expressionText, type Operand, THREADS } from './expression.js'
import { inRows, packUniforms } from './shader-text.js'

/** What a deferred tensor is computed from. */
interface Deferred {
  expression: Expression
  /** The tensors that it reads; they are held until it is computed or no longer wanted. */
  held: readonly tf.TensorInfo[]
  /** Operations of the whole expression. */
  operations: number
}

interface Lazy {
  deferred: Map<object, Deferred>
  /** How often deferred tensors hold each tensor. */
  holds: Map<object, number>
}

/** The most tensors that an expression reads: with its result, the storage buffers that every device can bind. */
const TENSORS = 7

/** The most operations of an expression, because a part that is used in several expressions is computed in each. */
const OPERATIONS = 64

const lazy = new WeakMap<WebgpuBackend, Lazy>()

/**
 * Let elementwise operations wait: they only note their expression, and a tensor is computed when another kernel or the
 * host reads it. So a chain of them is one dispatch, and what nothing reads is never computed. Every kernel, ours or tfjs's,
 * calls `uploadToGPU` for what it reads.
 */
export function deferElementwise(backend: WebgpuBackend): void {
  const { deferred, holds }: Lazy = { deferred: new Map(), holds: new Map() }
  lazy.set(backend, { deferred, holds })
  const upload = backend.uploadToGPU.bind(backend)
  backend.uploadToGPU = dataId => {
    compute(backend, dataId)
    upload(dataId)
  }
  for (const name of ['read', 'readSync', 'readToGPU'] as const) {
    const read = backend[name].bind(backend) as (dataId: object, ...rest: unknown[]) => never
    backend[name] = (dataId: object, ...rest: unknown[]) => {
      compute(backend, dataId)
      return read(dataId, ...rest)
    }
  }
  const onHost = backend.shouldExecuteOnCPU.bind(backend)
  backend.shouldExecuteOnCPU = (tensors, ...rest) =>
    !tensors.some(({ dataId }) => deferred.has(dataId)) && onHost(tensors, ...rest)
  // For tfjs, a tensor is gone that only deferred tensors hold.
  const isGone = (dataId: object) => backend.refCount(dataId) === holds.get(dataId)
  const dispose = backend.disposeData.bind(backend)
  backend.disposeData = (dataId, force) => {
    const done = dispose(dataId, force)
    if (backend.refCount(dataId) === 0) forget(backend, dataId)
    return done || isGone(dataId)
  }
  const count = backend.numDataIds.bind(backend)
  backend.numDataIds = () => count() - [...holds.keys()].filter(isGone).length
}

/** A tensor that is computed when it is read, from float32 tensors and numbers by a formula in WGSL. */
export function defer(
  backend: WebgpuBackend,
  formula: Expression['formula'],
  inputs: readonly (tf.TensorInfo | number)[],
  shape: readonly number[],
): tf.TensorInfo {
  const { deferred, holds } = lazy.get(backend)!
  let next = combine(backend, formula, inputs, shape)
  if (next.held.length > TENSORS || next.operations > OPERATIONS) {
    for (const input of inputs) if (typeof input !== 'number') compute(backend, input.dataId)
    next = combine(backend, formula, inputs, shape)
  }
  for (const { dataId } of next.held) {
    backend.incRef(dataId)
    holds.set(dataId, (holds.get(dataId) ?? 0) + 1)
  }
  const result = backend.makeTensorInfo(shape, 'float32')
  deferred.set(result.dataId, next)
  return result
}

function combine(
  backend: WebgpuBackend,
  formula: Expression['formula'],
  inputs: readonly (tf.TensorInfo | number)[],
  shape: readonly number[],
): Deferred {
  const { deferred } = lazy.get(backend)!
  const held = new Map<object, tf.TensorInfo>()
  let operations = 1
  const operands = inputs.map((input): Operand => {
    if (typeof input === 'number') return { shape: [], value: input }
    const { dataId, shape } = input
    const earlier = deferred.get(dataId)
    if (earlier) {
      operations += earlier.operations
      for (const tensor of earlier.held) held.set(tensor.dataId, tensor)
      return { shape, expression: earlier.expression }
    }
    const { resource, values } = backend.tensorMap.get(dataId)
    // A number that the host knows is a uniform.
    if (!resource && values?.length === 1) return { shape, value: values[0]! }
    held.set(dataId, input)
    return { shape, tensor: input }
  })
  return { expression: { shape, formula, operands }, held: [...held.values()], operations }
}

/** Compute a tensor now, if it is deferred. */
function compute(backend: WebgpuBackend, dataId: object): void {
  const found = lazy.get(backend)!.deferred.get(dataId)
  if (!found) return
  const { shape } = found.expression
  const { shader, tensors, values } = expressionText(found.expression)
  lazy.get(backend)!.deferred.delete(dataId) // from here on it is an empty tensor to write
  dispatch(backend, {
    shader,
    read: tensors,
    write: [{ dataId, shape: [...shape], dtype: 'float32' }],
    ...(values.length > 0 && { uniforms: packUniforms(...values.map(f32 => ({ f32 }))) }),
    workgroups: inRows(Math.ceil(tf.util.sizeFromShape([...shape]) / THREADS)),
  })
  release(backend, found)
}

/** A deferred tensor that nothing wants any more. */
function forget(backend: WebgpuBackend, dataId: object): void {
  const { deferred } = lazy.get(backend)!
  const found = deferred.get(dataId)
  deferred.delete(dataId)
  if (found) release(backend, found)
}

function release(backend: WebgpuBackend, { held }: Deferred): void {
  const { holds } = lazy.get(backend)!
  for (const { dataId } of held) {
    const left = holds.get(dataId)! - 1
    if (left > 0) holds.set(dataId, left)
    else holds.delete(dataId)
    backend.disposeData(dataId)
  }
}

/** Compute all tensors that are deferred: afterwards what is done to a buffer changes none of them. */
export function computeDeferred(backend: WebgpuBackend): void {
  for (const dataId of lazy.get(backend)!.deferred.keys()) compute(backend, dataId)
}
