import { describe } from '@rectified-flow/core'
import type { Method } from '@rectified-flow/ode'

/** Throw unless `times` are at least two numbers in [0, 1] that all fall, or all rise. */
export function checkTimes(where: string, times: readonly number[], way: 'falling' | 'rising'): void {
  const sign = way === 'rising' ? 1 : -1
  const follows = (t: number, i: number) => i === 0 || sign * (t - times[i - 1]!) > 0
  const good = Array.isArray(times) && times.length >= 2
  if (good && times.every((t, i) => t >= 0 && t <= 1 && follows(t, i))) return
  throw new RangeError(`${where}: times must be at least 2 ${way} numbers in [0, 1], got ${describe(times)}.`)
}

/** Throw if the caller gives `times` together with options of the uniform grid. */
export function checkOneGrid(
  where: string,
  times: unknown,
  uniform: Readonly<Record<string, unknown>>,
): void {
  const given = Object.keys(uniform).filter(name => uniform[name] !== undefined)
  if (times !== undefined && given.length > 0)
    throw new TypeError(`${where}: times must come without ${given.join(' and ')}, got both.`)
}

/** Throw unless `field` is a function and `method` is a method. */
export function checkSolver(where: string, field: unknown, method: Method): void {
  if (typeof field !== 'function')
    throw new TypeError(`${where}: field must be a function, got ${describe(field)}.`)
  if (typeof method?.step !== 'function')
    throw new TypeError(`${where}: method must be a method such as heun, got ${describe(method)}.`)
}
