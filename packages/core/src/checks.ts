import type * as tf from '@tensorflow/tfjs-core'
import { NumericError } from './errors.js'

/** A shape to check a tensor against: a number is required exactly, a name stands for any size, '...' for any tail. */
export type ShapePattern = readonly (number | string)[]

function matches(shape: readonly number[], pattern: ShapePattern): boolean {
  const open = pattern.at(-1) === '...'
  const fixed = open ? pattern.slice(0, -1) : pattern
  if (open ? shape.length < fixed.length : shape.length !== fixed.length) return false
  const sizes = new Map<string, number>()
  return fixed.every((want, i) => {
    const size = shape[i]!
    if (typeof want === 'number') return size === want
    const seen = sizes.get(want) ?? size
    sizes.set(want, seen)
    return seen === size
  })
}

/**
 * Throw unless `value` is a live tensor of this shape (and dtype). A name used twice must have one size.
 *
 *     checkTensor('ode.solve', 'x', x, ['B', '...'])
 */
export function checkTensor(
  where: string,
  name: string,
  value: unknown,
  pattern: ShapePattern,
  dtype: tf.DataType = 'float32',
): void {
  const tensor = value as tf.Tensor | null | undefined
  if (tensor === null || typeof tensor !== 'object' || !Array.isArray(tensor.shape) || !tensor.dataId)
    throw new TypeError(`${where}: ${name} must be a tensor, got ${describe(value)}.`)
  if (tensor.isDisposed) throw new TypeError(`${where}: ${name} must be a live tensor, got a disposed one.`)
  if (!matches(tensor.shape, pattern)) {
    const nchw = [tensor.shape[0], tensor.shape[2], tensor.shape[3], tensor.shape[1]] as number[]
    const hint =
      tensor.rank === 4 && matches(nchw, pattern) ? ` For NCHW use tf.transpose(${name}, [0,2,3,1]).` : ''
    throw new RangeError(`${where}: ${name} must have shape [${pattern}], got [${tensor.shape}].${hint}`)
  }
  if (tensor.dtype !== dtype)
    throw new TypeError(`${where}: ${name} must have dtype ${dtype}, got ${tensor.dtype}.`)
}

/** Throw unless `value` is an integer in [min, max]. */
export function checkInt(where: string, name: string, value: number, min: number, max = Infinity): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  fail(where, name, `an integer${range(min, max)}`, value, 'number')
}

/** Throw unless `value` is a finite number in [min, max]. */
export function checkNumber(
  where: string,
  name: string,
  value: number,
  min = -Infinity,
  max = Infinity,
): void {
  if (Number.isFinite(value) && value >= min && value <= max) return
  const bounded = min !== -Infinity && max !== Infinity
  fail(where, name, `a ${bounded ? '' : 'finite '}number${range(min, max)}`, value, 'number')
}

/** Throw unless `value` is one of `choices`. */
export function checkOneOf<T extends string>(
  where: string,
  name: string,
  value: unknown,
  choices: readonly T[],
): asserts value is T {
  if (choices.includes(value as T)) return
  fail(where, name, `one of ${choices.join(', ')}`, value, 'string')
}

function range(min: number, max: number): string {
  if (max !== Infinity) return min === -Infinity ? ` <= ${max}` : ` in [${min}, ${max}]`
  return min === -Infinity ? '' : ` >= ${min}`
}

/** Throw a TypeError for a value of the wrong kind, a RangeError for a bad value of the right kind. */
function fail(where: string, name: string, rule: string, value: unknown, kind: string): never {
  const Kind = typeof value === kind ? RangeError : TypeError
  throw new Kind(`${where}: ${name} must be ${rule}, got ${describe(value)}.`)
}

/** Throw unless every number of `values` (a tensor's data, read back by the caller) is finite. */
export function checkFinite(where: string, name: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!Number.isFinite(value))
      throw new NumericError('non-finite', `${where}: ${name} must be finite, got ${value} at index ${i}.`)
  }
}

/** A short form of any value for an error message. Of a long text or list it shows the beginning. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return short(value, 240)
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return `[${value.slice(0, 8).map(item)}${value.length > 8 ? ',...' : ''}]`
  if (value !== null && typeof value === 'object') {
    const kind = value.constructor?.name ?? 'Object'
    return kind === 'Object' ? 'an object' : `${/^[AEIO]/.test(kind) ? 'an' : 'a'} ${kind}`
  }
  return String(value)
}

/** An item of a list in words. Lists in it are shown if they are short and hold no others. */
function item(value: unknown): string {
  if (typeof value === 'string') return short(value, 60)
  if (!Array.isArray(value)) return describe(value)
  const text = value.some(Array.isArray) ? '' : describe(value)
  return text.length > 0 && text.length <= 60 ? text : '[...]'
}

/** A text in quotes; of a longer one, its beginning. */
function short(text: string, length: number): string {
  return text.length <= length ? `'${text}'` : `'${text.slice(0, length)}...'`
}
