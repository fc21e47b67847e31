import { checkInt, describe } from './checks.js'

/** Throw unless `value` is a function. */
export function checkFunction(where: string, name: string, value: unknown): void {
  if (typeof value === 'function') return
  throw new TypeError(`${where}: ${name} must be a function, got ${describe(value)}.`)
}

/**
 * Throw unless `value` is an object with these members.
 *
 *     checkKind('unet.augment', 'rng', rng, 'an Rng such as createRng(0)', ['fork'])
 */
export function checkKind(
  where: string,
  name: string,
  value: unknown,
  kind: string,
  members: readonly string[],
): void {
  if (value !== null && typeof value === 'object' && members.every(member => member in value)) return
  throw new TypeError(`${where}: ${name} must be ${kind}, got ${describe(value)}.`)
}

/** Throw unless `value` is an Rng. */
export function checkRng(where: string, value: unknown): void {
  checkKind(where, 'rng', value, 'an Rng such as createRng(0)', ['fork', 'normals'])
}

/** Throw unless `value` is a text, such as the path of a file. */
export function checkText(where: string, name: string, value: unknown): void {
  if (typeof value === 'string') return
  throw new TypeError(`${where}: ${name} must be a string, got ${describe(value)}.`)
}

/** Throw unless `value` is a list, such as an array or a typed array. */
export function checkList(where: string, name: string, value: unknown): void {
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)) return
  throw new TypeError(`${where}: ${name} must be a list of numbers, got ${describe(value)}.`)
}

/** Throw unless `value` is a list of sizes, integers >= 0. */
export function checkShape(where: string, name: string, value: unknown): void {
  if (!Array.isArray(value))
    throw new TypeError(`${where}: ${name} must be a list of sizes, got ${describe(value)}.`)
  for (const [axis, size] of value.entries()) checkInt(where, `${name}[${axis}]`, size, 0)
}
