import { describe } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/**
 * A key of everything that decides which calls a function makes: shapes and dtypes of its tensors, the names of its
 * numbers, and whether a gradient is being computed (then tfjs keeps more tensors).
 */
export function keyOf(args: readonly unknown[]): string {
  const { gradientDepth, kernelDepth } = tf.engine().state
  return `${gradientDepth > 0 && kernelDepth === 0 ? 'taped' : ''}${partOf(args)}`
}

function partOf(value: unknown): string {
  if (value === undefined || value === null) return '-'
  if (value instanceof tf.Tensor) return `${value.dtype}[${value.shape}]`
  if (typeof value === 'number') return '#'
  if (Array.isArray(value)) return `(${value.map(partOf)})`
  if (isPlain(value)) return `{${Object.entries(value).map(([name, part]) => `${name}:${partOf(part)}`)}}`
  throw new TypeError(`backends.compile: arguments must be tensors and numbers, got ${describe(value)}.`)
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
