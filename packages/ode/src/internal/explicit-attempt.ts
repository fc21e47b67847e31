import type { EmbeddedPair } from '../embedded-pair.js'
import type { Attempt, Trial } from './attempt.js'
import { stages } from './segment.js'
import type { Space } from './space.js'

const weighted = (weights: readonly number[], h: readonly number[]) =>
  h.map(step => weights.map(weight => weight * step))

/** Try one step of an explicit method. */
export function explicitAttempt<V>(
  space: Space<V>,
  { tableau, errors }: EmbeddedPair,
  { x, v, from, to }: Trial<V>,
): Attempt<V> {
  const h = from.map((t, lane) => to[lane]! - t)
  const tried = space.scope(() => {
    const { a, b, c } = tableau
    const inner = stages(space, { from, to, x }, [v], { a: a.slice(1), c: c.slice(1) })
    const end = space.combine(x, [v, ...inner], weighted(b, h))
    const made = [...inner, space.evaluate(end, to)]
    const differences = errors.map(({ weights }) => space.combine(null, [v, ...made], weighted(weights, h)))
    return { made, end, differences }
  })
  return { ...tried, calls: tried.made.length }
}
