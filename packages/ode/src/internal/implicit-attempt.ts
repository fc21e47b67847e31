import type { ImplicitPair } from '../implicit-pair.js'
import type { Attempt, Trial } from './attempt.js'
import { krylov } from './krylov.js'
import type { Space } from './space.js'

/** Newton's steps in a stage at most, and the size of a step, in units of the tolerance, after which no other is needed. */
const MOST = 8
const ENOUGH = 0.1

/**
 * Try one step of an implicit method: solve the equation of each stage by Newton's method, with linear equations that `krylov`
 * solves. So no Jacobian is stored, and states may be images.
 */
export async function implicitAttempt<V>(
  space: Space<V>,
  { tableau: { a, c }, gamma, errors }: ImplicitPair,
  { x, v, from, to }: Trial<V>,
): Promise<Attempt<V>> {
  const steps = from.map((t, lane) => to[lane]! - t)
  const scales = steps.map(h => h * gamma)
  const k: V[] = [v]
  let end: V | undefined
  let calls = 0
  const failed = steps.map(() => false)
  try {
    for (const [i, row] of a.slice(1).entries()) {
      const t = from.map((start, lane) => (c[i + 1] === 1 ? to[lane]! : start + c[i + 1]! * steps[lane]!))
      const base = space.combine(x, k, steps.map(h => row.slice(0, -1).map(weight => h * weight))) // biome-ignore format: one line
      const stage = await solveStage(space, { base, guess: k.at(-1)!, t, scales, near: x }).catch(error => {
        space.free([base])
        throw error
      })
      calls += stage.calls
      for (const [lane, bad] of stage.failed.entries()) failed[lane] ||= bad
      // Not the field at y: where it is stiff, it would make the error of y large.
      k.push(space.combine(null, [stage.y, base], scales.map(s => (s === 0 ? [0, 0] : [1 / s, -1 / s])))) // biome-ignore format: one line
      space.free(end === undefined ? [base] : [base, end])
      end = stage.y
    }
  } catch (error) {
    space.free(end === undefined ? k.slice(1) : [...k.slice(1), end])
    throw error
  }
  const differences = errors.map(
    ({ weights }) =>
    space.combine(null, k, steps.map(h => weights.map(weight => h * weight))), // biome-ignore format: one line
  )
  return { made: k.slice(1), end: end!, differences, calls, failed }
}

interface Stage<V> {
  base: V
  /** A velocity near that of the stage. */
  guess: V
  t: readonly number[]
  /** h gamma of each lane; 0 for a lane that stands still. */
  scales: readonly number[]
  near: V
}

/** The state y with y = base + h gamma f(y, t), and for each lane whether it was not found. */
async function solveStage<V>(
  space: Space<V>,
  { base, guess, t, scales, near }: Stage<V>,
): Promise<{ y: V; calls: number; failed: boolean[] }> {
  let y = space.combine(base, [guess], scales.map(s => [s])) // biome-ignore format: one line
  let calls = 0
  let open = scales.map(s => s !== 0)
  let before = scales.map(() => Number.POSITIVE_INFINITY)
  const made: V[] = []
  try {
    for (let i = 0; i < MOST && open.some(Boolean); i++) {
      const f = space.evaluate(y, t)
      made.push(f)
      const r = space.combine(base, [f, y], scales.map(s => [s, -1])) // biome-ignore format: one line
      made.push(r)
      // (I - h gamma J) u, where J u is the change of f from y to y + u: u has the size of the tolerance.
      const apply = (u: V) =>
        space.scope(() => {
          const moved = space.combine(y, [u], scales.map(() => [1])) // biome-ignore format: one line
          return [space.combine(u, [space.evaluate(moved, t), f], scales.map(s => [-s, s]))] // biome-ignore format: one line
        })[0] as V
      const found = await krylov(space, apply, r, near)
      made.push(found.d)
      calls += 1 + found.calls
      const [sizes] = (await space.sizes([found.d], near, near)) as [number[]]
      made.push(y)
      y = space.combine(y, [found.d], open.map(isOpen => [isOpen ? 1 : 0])) // biome-ignore format: one line
      const hopeless = open.every((isOpen, lane) => !isOpen || !(sizes[lane]! <= 2 * before[lane]!))
      open = open.map((isOpen, lane) => isOpen && !(sizes[lane]! <= ENOUGH))
      before = sizes
      if (hopeless) break
    }
    // Where y isn't finite, the error of the step says so.
    return { y, calls, failed: open.map((isOpen, lane) => isOpen && Number.isFinite(before[lane])) }
  } catch (error) {
    space.free([y])
    throw error
  } finally {
    space.free(made)
  }
}
