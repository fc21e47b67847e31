import type { AdaptiveMethod } from '../implicit-pair.js'
import type { Space } from './space.js'

/** A step and all that interpolation needs: its start, its velocities, and for each lane its times and whether it moved. */
export interface Segment<V> {
  from: readonly number[]
  to: readonly number[]
  moved: readonly boolean[]
  x: V
  k: readonly V[]
}

/** The state inside a step, at one time per lane. A lane that did not move keeps its state. */
export function interpolate<V>(
  space: Space<V>,
  { dense }: AdaptiveMethod,
  { from, to, moved, x, k }: Segment<V>,
  t: readonly number[],
): V {
  const weights = from.map((start, lane) => {
    if (!moved[lane]) return k.map(() => 0)
    const h = to[lane]! - start
    return dense.weights((t[lane]! - start) / h).map(weight => weight * h)
  })
  return space.combine(x, k, weights)
}

/** The velocities of the stages `a`, `c`, which come after those in k. Each lane has its own step. */
export function stages<V>(
  space: Space<V>,
  { from, to, x }: Pick<Segment<V>, 'from' | 'to' | 'x'>,
  k: readonly V[],
  { a, c }: { a: readonly (readonly number[])[]; c: readonly number[] },
): V[] {
  const steps = from.map((t, lane) => to[lane]! - t)
  const all = [...k]
  for (const [i, row] of a.entries()) {
    const ci = c[i]!
    // The last stage of many methods is at the step's end: take its exact time, without the rounding of start + h.
    const t = from.map((start, lane) => (ci === 1 ? to[lane]! : start + ci * steps[lane]!))
    const scaled = steps.map(h => row.map(weight => h * weight))
    const [v] = space.scope(() => [space.evaluate(space.combine(x, all.slice(0, row.length), scaled), t)])
    all.push(v as V)
  }
  return all.slice(k.length)
}
