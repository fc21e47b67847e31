import { checkInt, checkNumber, describe } from '@rectified-flow/core'

/** The times at which a solver steps: the given ones, or those of `steps` equal intervals of `span`. */
export type Grid =
  | { times: readonly number[]; steps?: never; span?: never }
  | { times?: never; steps?: number; span?: readonly [start: number, end: number] }

/** The steps + 1 times of equal intervals. Its ends are exactly the span's; the reversed span gives the reversed grid. */
export function uniformGrid(steps: number, span: readonly [start: number, end: number] = [1, 0]): number[] {
  return uniform('ode.uniformGrid', steps, span)
}

/**
 * Throw unless `times` are at least two numbers, strictly increasing or strictly decreasing, within the range. By default
 * the range is all finite numbers.
 */
export function checkGrid(
  where: string,
  name: string,
  times: readonly number[],
  [min, max]: readonly [min: number, max: number] = [-Infinity, Infinity],
): void {
  if (!Array.isArray(times) || times.length < 2)
    throw new RangeError(`${where}: ${name} must be an array of at least 2 times, got ${describe(times)}.`)
  for (const [i, t] of times.entries()) checkNumber(where, `${name}[${i}]`, t, min, max)
  const forward = times[1] > times[0]
  for (let i = 1; i < times.length; i++) {
    if (forward ? times[i] > times[i - 1] : times[i] < times[i - 1]) continue
    throw new RangeError(
      `${where}: ${name} must be strictly increasing or decreasing, got ${times[i]} after ${times[i - 1]} at index ${i}.`,
    )
  }
}

/** The checked times of a grid, by default 32 steps from noise (t = 1) to data (t = 0). */
export function gridTimes(where: string, { times, steps, span }: Grid): readonly number[] {
  if (times === undefined) return uniform(where, steps ?? 32, span ?? [1, 0])
  if (steps !== undefined || span !== undefined)
    throw new TypeError(`${where}: times must come without steps and span, got both.`)
  checkGrid(where, 'times', times)
  return times
}

function uniform(where: string, steps: number, span: readonly [number, number]): number[] {
  checkInt(where, 'steps', steps, 1)
  checkGrid(where, 'span', span)
  const [start, end] = span
  const inner = Array.from({ length: steps - 1 }, (_, i) => (start * (steps - 1 - i) + end * (i + 1)) / steps)
  return [start, ...inner, end]
}
