import { describe, type Rng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/** What a compiled function takes, in lists and objects too. */
export type Leaf = tf.Tensor | Rng | number | null | undefined

export const isStream = (value: unknown): value is Rng =>
  typeof value === 'object' && value !== null && 'reserve' in value && 'fork' in value

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** The arguments with each leaf replaced, in the same lists and objects. */
export function mapLeaves(value: unknown, replace: (leaf: Leaf) => unknown): unknown {
  if (isLeaf(value)) return replace(value)
  if (Array.isArray(value)) return value.map(part => mapLeaves(part, replace))
  if (isPlain(value))
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, mapLeaves(part, replace)]))
  throw new TypeError(
    `backends.compile: arguments must be tensors, numbers and random streams, got ${describe(value)}.`,
  )
}

function isLeaf(value: unknown): value is Leaf {
  if (value === undefined || value === null || typeof value === 'number') return true
  return value instanceof tf.Tensor || isStream(value)
}

/** The tensors among the arguments, in order. */
export function tensorsIn(args: readonly unknown[]): tf.Tensor[] {
  const tensors: tf.Tensor[] = []
  mapLeaves(args, leaf => leaf instanceof tf.Tensor && tensors.push(leaf))
  return tensors
}

/** Which tensor arguments are the same tensor. */
export function aliasesOf(args: readonly unknown[]): string {
  const ids = tensorsIn(args).map(({ dataId }) => dataId)
  return String(ids.map(id => ids.indexOf(id)))
}

/** The random streams among the arguments, in order. */
export function streamsIn(args: readonly unknown[]): Rng[] {
  const streams: Rng[] = []
  mapLeaves(args, leaf => isStream(leaf) && streams.push(leaf))
  return streams
}

/**
 * A key of everything that decides which calls a function makes: shapes and dtypes of its tensors, the names of its
 * numbers (where they are constants, the numbers), and whether a gradient is being computed (then tfjs keeps more tensors).
 */
export function keyOf(args: readonly unknown[], numbers: 'inputs' | 'constants'): string {
  const key = mapLeaves(args, leaf => {
    if (leaf instanceof tf.Tensor) return `${leaf.dtype}[${leaf.shape}]`
    if (typeof leaf === 'number') return numbers === 'constants' ? `#${leaf}` : '#'
    return isStream(leaf) ? '~' : '-'
  })
  return `${isTaped() ? 'taped' : ''}${JSON.stringify(key)}`
}

/** Whether tfjs records what is called now, for a gradient. */
export function isTaped(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state
  return gradientDepth > 0 && kernelDepth === 0
}
