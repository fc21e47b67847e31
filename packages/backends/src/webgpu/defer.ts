import * as tf from '@tensorflow/tfjs-core'
import { named, runningKernel } from '../kernels/running-kernel.js'
import type { WebgpuBackend } from './backend.js'
import { recordingOf } from './commands/recording.js'
import { dispatch } from './dispatch.js'
import { type Expression, expressionText, type Operand, THREADS } from './expression.js'
import { stopWaiting, wait } from './lazy.js'
import { inRows, packUniforms } from './shader-text.js'

/** What a deferred tensor is computed from. */
interface Deferred {
  expression: Expression
  /** The tensors that it reads. */
  tensors: readonly tf.TensorInfo[]
  /** Operations of the whole expression. */
  operations: number
}

/** The most operations of an expression, because a part that is used in several expressions is computed in each. */
const OPERATIONS = 64

/** Deferred tensors by their data; those that are computed are removed. */
const deferred = new WeakMap<object, Deferred>()

/**
 * A tensor that only notes its expression, and is computed when it is read. So a chain of elementwise operations is one
 * dispatch.
 *
 * @param formula  a number of the result in WGSL, from those of the inputs
 * @param inputs   float32 tensors that broadcast to the shape, and numbers
 */
export function defer(
  backend: WebgpuBackend,
  formula: Expression['formula'],
  inputs: readonly (tf.TensorInfo | number)[],
  shape: readonly number[],
): tf.TensorInfo {
  let next = combine(backend, formula, inputs, shape)
  const most = backend.device.limits.maxStorageBuffersPerShaderStage - 1 // the result is bound too
  if (next.tensors.length > most || next.operations > OPERATIONS) {
    for (const input of inputs) if (typeof input !== 'number') backend.uploadToGPU(input.dataId)
    next = combine(backend, formula, inputs, shape)
  }
  const result = backend.makeTensorInfo(shape, 'float32')
  deferred.set(result.dataId, next)
  const name = runningKernel()
  const run = () => named(name, () => compute(backend, result, next.expression))
  wait(backend, result, { held: next.tensors, compute: run })
  return result
}

function combine(
  backend: WebgpuBackend,
  formula: Expression['formula'],
  inputs: readonly (tf.TensorInfo | number)[],
  shape: readonly number[],
): Deferred {
  const tensors = new Map<object, tf.TensorInfo>()
  let operations = 1
  const operands = inputs.map((input): Operand => {
    if (typeof input === 'number') return { shape: [], value: input }
    const { dataId, shape, dtype } = input
    const earlier = deferred.get(dataId)
    if (earlier) {
      operations += earlier.operations
      for (const tensor of earlier.tensors) tensors.set(tensor.dataId, tensor)
      return { shape, expression: earlier.expression }
    }
    const { resource, values } = backend.tensorMap.get(dataId)
    // A number of the host is a uniform. In recorded commands, a variable has to be a tensor to be seen.
    const isNew = recordingOf(backend)?.isNew(dataId) ?? true
    if (!resource && values?.length === 1 && isNew) return { shape, value: values[0]! }
    const tensor = { dataId, shape, dtype } // as it is now: a variable may get other data
    tensors.set(dataId, tensor)
    return { shape, tensor }
  })
  return { expression: { shape, formula, operands }, tensors: [...tensors.values()], operations }
}

function compute(backend: WebgpuBackend, result: tf.TensorInfo, expression: Expression): void {
  const { shader, tensors, values } = expressionText(expression)
  deferred.delete(result.dataId)
  const letGo = stopWaiting(backend, [result.dataId])
  dispatch(backend, {
    shader,
    read: tensors,
    write: [result],
    ...(values.length > 0 && { uniforms: packUniforms(...values.map(f32 => ({ f32 }))) }),
    workgroups: inRows(Math.ceil(tf.util.sizeFromShape(result.shape) / THREADS)),
  })
  letGo()
}
