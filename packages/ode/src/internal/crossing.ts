import { checkInt, checkNumber, describe } from '@rectified-flow/core'
import type { SolverEvent } from '../adaptive-options.js'

/** How to find an event. */
export interface Watch {
  direction: -1 | 0 | 1
  tolerance: number
}

/** The states inside of a step. */
interface Inside<V> {
  at(t: readonly number[]): V
  /** The event function in the lanes that are looked at. */
  eventAt(x: V, t: readonly number[], looked: readonly boolean[]): Promise<number[]>
  free(states: readonly V[]): void
}

/** True if a value goes through zero, or arrives at it, in the wanted direction. Leaving zero is not a crossing. */
export function crosses(before: number, after: number, direction: -1 | 0 | 1): boolean {
  const up = before < 0 && after >= 0
  const down = before > 0 && after <= 0
  return direction === 0 ? up || down : direction > 0 ? up : down
}

/** One time per lane: just after the crossing, for lanes that cross between `from` and `to`. Found by bisection. */
export async function locate<V>(
  { at, eventAt, free }: Inside<V>,
  {
    from,
    to,
    before,
    crossed,
  }: {
    from: readonly number[]
    to: readonly number[]
    before: readonly number[]
    crossed: readonly boolean[]
  },
  { direction, tolerance }: Watch,
): Promise<number[]> {
  const near = [...from]
  const far = [...to]
  const wide = (lane: number) => {
    const middle = (near[lane]! + far[lane]!) / 2
    return Math.abs(far[lane]! - near[lane]!) > tolerance && middle !== near[lane] && middle !== far[lane]
  }
  while (crossed.some((hit, lane) => hit && wide(lane))) {
    const middle = near.map((t, lane) => (crossed[lane] ? (t + far[lane]!) / 2 : far[lane]!))
    const x = at(middle)
    let values: number[]
    try {
      values = await eventAt(x, middle, crossed)
    } finally {
      free([x])
    }
    for (const [lane, hit] of crossed.entries()) {
      if (!hit) continue
      const half = crosses(before[lane]!, values[lane]!, direction) ? far : near
      half[lane] = middle[lane]!
    }
  }
  return far
}

/** Check the event of a solve, and fill in its defaults. */
export function watchOf(
  where: string,
  event: Pick<SolverEvent<never, never, unknown>, 'direction' | 'tolerance' | 'value'> | undefined,
  [start, end]: readonly [number, number],
): Watch | undefined {
  if (event === undefined) return undefined
  const { value, direction = 0, tolerance = 1e-6 * Math.abs(end - start) } = event
  if (typeof value !== 'function')
    throw new TypeError(`${where}: event.value must be a function, got ${describe(value)}.`)
  checkInt(where, 'event.direction', direction, -1, 1)
  checkNumber(where, 'event.tolerance', tolerance, 0)
  return { direction, tolerance }
}
