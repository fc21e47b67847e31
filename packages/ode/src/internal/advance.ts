import type { stepOptions } from '../adaptive-options.js'
import type { EmbeddedPair } from '../embedded-pair.js'
import { SolverError } from '../solver-error.js'
import { crosses, locate, type Watch } from './crossing.js'
import { firstSteps } from './first-step.js'
import { Lane } from './lane.js'
import { interpolate, type Segment, stages } from './segment.js'
import type { Space } from './space.js'

/** The result of a step in which at least one lane moved. Everything is borrowed until the next step. */
export interface Advance<V> {
  /** The state after the step. */
  x: V
  lanes: readonly Lane[]
  /** Field calls so far, including those for dense output. */
  readonly nfe: number
  /** The step, with all that dense output needs; computed at the first call. */
  segment(): Segment<V>
  /** The state inside the step, at one time per lane; owned by the caller. */
  at(t: readonly number[]): V
  /** Each lane's time before the step and after it, and whether it moved. */
  from: readonly number[]
  to: readonly number[]
  moved: readonly boolean[]
}

export type Run = ReturnType<typeof stepOptions<never>> & { watch?: Watch | undefined }

const weighted = (weights: readonly number[], h: readonly number[]) =>
  h.map(step => weights.map(weight => weight * step))

/** Try one step: its stages with the velocity at its end, its end, and its error estimates. */
function attempt<V>(
  space: Space<V>,
  { tableau, errors }: EmbeddedPair,
  { x, v, from, to }: { x: V; v: V; from: number[]; to: number[] },
) {
  const h = from.map((t, lane) => to[lane]! - t)
  return space.scope(() => {
    const { a, b, c } = tableau
    const inner = stages(space, { from, to, x }, [v], { a: a.slice(1), c: c.slice(1) })
    const end = space.combine(x, [v, ...inner], weighted(b, h))
    const made = [...inner, space.evaluate(end, to)]
    const differences = errors.map(({ weights }) => space.combine(null, [v, ...made], weighted(weights, h)))
    return { made, end, differences }
  })
}

/**
 * The loop of every adaptive solver. All lanes try a step at once, each with its own step size. A lane whose step was
 * rejected tries again while the others go on. A lane that is done stands still, and its velocities are ignored.
 */
export async function* advance<V>(
  where: string,
  space: Space<V>,
  start: V,
  { method, span, control, firstStep, minStep, maxStep, maxSteps, signal, watch }: Run,
): AsyncGenerator<Advance<V>, void, undefined> {
  signal?.throwIfAborted()
  const every = Array.from({ length: space.lanes }, () => span[0])
  let nfe = 0
  let lanes: Lane[] = []
  const alive = new Set<V>() // freed at the end, also after a throw
  const own = (state: V) => {
    alive.add(state)
    return state
  }
  const free = (states: readonly V[]) => {
    for (const state of states) alive.delete(state)
    space.free(states)
  }
  const fail = (code: 'non-finite' | 'not-converged', message: string, lane?: Lane) => {
    const standing = lane ?? { t: span[0], accepted: 0, rejected: 0 }
    return new SolverError(code, `${where}: ${message}`, {
      t: standing.t,
      nfe,
      accepted: standing.accepted,
      rejected: standing.rejected,
    })
  }
  /** Why sizes between these states are not finite. */
  const notFinite = async (a: V, b: V, lane?: Lane) => {
    const why = (await space.dividesByZero(a, b))
      ? 'atol must be > 0 where the state is 0, got 0'
      : 'the state or its velocity is not finite'
    return fail('non-finite', why, lane)
  }
  /** The event function at each lane's time. A NaN has no sign, so it fails in the lanes that are looked at. */
  const eventAt = async (state: V, t: readonly number[], looked: readonly boolean[]) => {
    const values = await space.event(state, t)
    const unknown = values.findIndex((value, i) => Number.isNaN(value) && looked[i])
    if (unknown >= 0) throw fail('non-finite', 'event.value(x, t) must be a number, got NaN', lanes[unknown])
    return values
  }

  try {
    let x = own(space.copy(start))
    let v = own(space.evaluate(x, every))
    nfe++
    const speeds = (await space.sizes([v], x, x))[0]!
    if (!speeds.every(Number.isFinite)) throw await notFinite(x, x)
    const steps =
      firstStep === undefined ? await firstSteps(space, method, x, v, span) : every.map(() => firstStep)
    if (firstStep === undefined) nfe++
    const limits = { control, k: method.errorOrder + 1, minStep, maxStep }
    lanes = steps.map(h => new Lane(span[0], span[1], h, limits))
    for (const lane of lanes) lane.nfe = nfe
    const all = lanes.map(() => true)
    let watched = watch ? await eventAt(x, every, all) : []

    for (let tries = 0; lanes.some(lane => !lane.done); tries++) {
      signal?.throwIfAborted()
      if (tries === maxSteps)
        throw fail('not-converged', `took ${maxSteps} steps without an end,`, slowest(lanes))
      const from = lanes.map(lane => lane.t)
      const to = lanes.map(lane => lane.next())
      const active = lanes.filter(lane => !lane.done)

      const { made, end, differences } = attempt(space, method, { x, v, from, to })
      for (const state of [...made, end, ...differences]) own(state)
      nfe += made.length
      for (const lane of active) lane.nfe += made.length
      const sizes = await space.sizes(differences, x, end)
      signal?.throwIfAborted()
      free(differences)

      const errors = lanes.map((_, i) => method.errorNorm(sizes.map(row => row[i]!)))
      const moved = lanes.map((lane, i) => !lane.done && lane.judge(to[i]!, errors[i]!))
      for (const [i, lane] of lanes.entries()) {
        if (!lane.stuck) continue
        if (!Number.isFinite(errors[i])) throw await notFinite(x, end, lane)
        throw fail('not-converged', `the tolerance asks for a step shorter than ${lane.shortest}`, lane)
      }

      if (moved.some(Boolean)) {
        const segment: Segment<V> = { from, to, moved, x, k: [v, ...made] }
        const extended = () => {
          const { extra } = method.dense
          if (extra && segment.k.length === made.length + 1) {
            const more = space.scope(() => stages(space, segment, segment.k, extra))
            nfe += more.length
            segment.k = [...segment.k, ...more.map(own)]
          }
          return segment
        }
        const at = (t: readonly number[]) => interpolate(space, method, extended(), t)
        let stop: V | undefined
        if (watch) {
          const values = await eventAt(end, to, moved)
          const crossed = lanes.map((_, i) => moved[i]! && crosses(watched[i]!, values[i]!, watch.direction))
          if (crossed.some(Boolean)) {
            const times = await locate({ at, eventAt, free }, { from, to, before: watched, crossed }, watch)
            for (const [i, lane] of lanes.entries()) if (crossed[i]) lane.stop(times[i]!)
            const there = own(at(times))
            stop = own(space.select(crossed, there, end))
            free([there])
          }
          watched = watched.map((value, i) => (moved[i] ? values[i]! : value))
        }
        const next = own(space.select(moved, stop ?? end, x))
        const nextV = own(space.select(moved, made.at(-1) as V, v))
        yield {
          x: next,
          lanes,
          from,
          to: lanes.map(lane => lane.t),
          moved,
          get nfe() {
            return nfe
          },
          segment: extended,
          at,
        }
        free([...segment.k, x, end, ...(stop === undefined ? [] : [stop])])
        x = next
        v = nextV
      } else free([...made, end])
    }
  } finally {
    free([...alive])
  }
}

/** The lane that has the most time left. */
function slowest(lanes: readonly Lane[]): Lane {
  const [first] = lanes as [Lane]
  return lanes.reduce((worst, lane) => (lane.remaining > worst.remaining ? lane : worst), first)
}
