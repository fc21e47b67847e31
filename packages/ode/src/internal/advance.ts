import type { stepOptions } from '../adaptive-options.js'
import { isImplicit } from '../implicit-pair.js'
import { SolverError } from '../solver-error.js'
import type { Attempt } from './attempt.js'
import { crosses, locate, type Watch } from './crossing.js'
import { explicitAttempt } from './explicit-attempt.js'
import { firstSteps } from './first-step.js'
import { implicitAttempt } from './implicit-attempt.js'
import { Lane } from './lane.js'
import { interpolate, type Segment, stages } from './segment.js'
import type { Space } from './space.js'

/** The result of a step in which at least one lane moved, or of the solve, if its last lanes gave up. Everything is borrowed until the next step. */
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

/**
 * The loop of every adaptive solver. All lanes try a step at once, each with its own step size. A lane whose step was
 * rejected tries again while the others go on. A lane that is done stands still, and its velocities are ignored.
 */
export async function* advance<V>(
  where: string,
  space: Space<V>,
  start: V,
  { method, span, control, firstStep, minStep, maxStep, maxSteps, returnOnLimit, signal, watch }: Run,
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
    const finite = speeds.map(Number.isFinite)
    if (!finite.every(Boolean) && (!returnOnLimit || (await space.dividesByZero(x, x))))
      throw await notFinite(x, x)
    const steps =
      firstStep === undefined ? await firstSteps(space, method, x, v, span) : every.map(() => firstStep)
    if (firstStep === undefined) nfe++
    const limits = { control, k: method.errorOrder + 1, minStep, maxStep }
    lanes = steps.map(h => new Lane(span[0], span[1], h, limits))
    for (const lane of lanes) lane.nfe = nfe
    for (const [i, lane] of lanes.entries()) if (!finite[i]) lane.giveUp('non-finite')
    let told = false // whether the state at the end was given
    const all = lanes.map(() => true)
    let watched = watch ? await eventAt(x, every, all) : []

    for (let tries = 0; lanes.some(lane => !lane.done); tries++) {
      signal?.throwIfAborted()
      if (tries === maxSteps) {
        if (!returnOnLimit)
          throw fail('not-converged', `took ${maxSteps} steps without an end,`, slowest(lanes))
        for (const lane of lanes) if (!lane.done) lane.giveUp('steps')
        break
      }
      const from = lanes.map(lane => lane.t)
      const to = lanes.map(lane => lane.next())
      const active = lanes.filter(lane => !lane.done)

      const tried: Attempt<V> = isImplicit(method)
        ? await implicitAttempt(space, method, { x, v, from, to })
        : explicitAttempt(space, method, { x, v, from, to })
      const { made, end, differences, calls, failed } = tried
      for (const state of [...made, end, ...differences]) own(state)
      nfe += calls
      for (const lane of active) lane.nfe += calls
      const sizes = await space.sizes(differences, x, end)
      signal?.throwIfAborted()
      free(differences)

      const errors = lanes.map((_, i) =>
        failed?.[i] ? Number.MAX_VALUE : method.errorNorm(sizes.map(row => row[i]!)),
      )
      const moved = lanes.map((lane, i) => !lane.done && lane.judge(to[i]!, errors[i]!))
      for (const [i, lane] of lanes.entries()) {
        if (!lane.stuck) continue
        const lost = !Number.isFinite(errors[i])
        if (lost && (!returnOnLimit || (await space.dividesByZero(x, end))))
          throw await notFinite(x, end, lane)
        if (!returnOnLimit)
          throw fail('not-converged', `the tolerance asks for a step shorter than ${lane.shortest}`, lane)
        lane.giveUp(lost ? 'non-finite' : 'short')
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
        told = lanes.every(lane => lane.done)
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
    if (!told) {
      const times = lanes.map(lane => lane.t)
      const segment: Segment<V> = { from: times, to: times, moved: lanes.map(() => false), x, k: [v] }
      const at = () => space.copy(x)
      yield { x, lanes, from: times, to: times, moved: segment.moved, nfe, segment: () => segment, at }
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
