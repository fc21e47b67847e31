import { checkOptions, describe, type Field } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type AdaptiveOptions, adaptiveNames } from './adaptive-options.js'
import type { AdaptiveMethod } from './implicit-pair.js'
import { adaptive, type SolverStatistics, statistics } from './internal/adaptive.js'
import { interpolate, type Segment } from './internal/segment.js'
import type { Space } from './internal/space.js'

/** A solution that can give its state at every time between start and end. It holds the velocities of all steps. */
export class DenseSolution {
  readonly #space: Space<tf.Tensor>
  readonly #method: AdaptiveMethod
  readonly #segments: Segment<tf.Tensor>[]
  readonly #reached: readonly (readonly number[])[]

  constructor(
    space: Space<tf.Tensor>,
    method: AdaptiveMethod,
    segments: Segment<tf.Tensor>[],
    reached: readonly (readonly number[])[],
    /** The state at the end [B,...]; freed by `dispose`. */
    readonly x: tf.Tensor,
    readonly statistics: SolverStatistics,
  ) {
    this.#space = space
    this.#method = method
    this.#segments = segments
    this.#reached = reached
  }

  /**
   * The state [B,...] at t: one time for all, or with `perSample` also one per sample.
   *
   * @param t  between the start and the time at which the solve ended
   */
  at(t: number | readonly number[]): tf.Tensor {
    const times = typeof t === 'number' ? this.statistics.ends.map(() => t) : t
    if (times.length !== this.#space.lanes)
      throw new RangeError(
        `ode.DenseSolution.at: t must have ${this.#space.lanes} times, got ${describe(t)}.`,
      )
    const chosen = times.map((time, lane) => this.#find(time, lane))
    return tf.tidy(() => {
      let state: tf.Tensor | undefined
      for (const index of new Set(chosen)) {
        const segment = this.#segments[index]!
        const here = chosen.map(choice => choice === index)
        const inside = times.map((time, lane) => (here[lane] ? time : segment.from[lane]!))
        const x = interpolate(this.#space, this.#method, segment, inside)
        state = state ? this.#space.select(here, x, state) : x
      }
      return state!
    })
  }

  /** The index of the step of this lane in which the time lies. */
  #find(time: number, lane: number): number {
    const index = this.#segments.findIndex(({ from, moved }, i) => {
      const [a, b] = [from[lane]!, this.#reached[i]![lane]!]
      return moved[lane] && Math.min(a, b) <= time && time <= Math.max(a, b)
    })
    if (index >= 0) return index
    const start = this.#segments[0]?.from[lane]
    const range = `between ${start} and ${this.statistics.ends[lane]?.t}`
    throw new RangeError(`ode.DenseSolution.at: t must lie ${range}, got ${time}.`)
  }

  dispose(): void {
    tf.dispose([this.x, ...this.#segments.flatMap(({ x, k }) => [x, ...k])])
    this.#segments.length = 0
  }
}

/**
 * Integrate as `solveAdaptive` does, and keep what is needed to evaluate the solution at any time: the start and the
 * velocities of each step, 8 states with dopri5. `dispose()` frees them.
 *
 * @param field  x [B,...] and t [B] to dx/dt [B,...]
 * @param x      state at span[0] [B,...], float32; borrowed until the promise settles
 */
export async function solveDense(
  field: Field,
  x: tf.Tensor,
  options: AdaptiveOptions = {},
): Promise<DenseSolution> {
  checkOptions('ode.solveDense', options, adaptiveNames)
  const { space, method, steps } = adaptive('ode.solveDense', field, x, options)
  const segments: Segment<tf.Tensor>[] = []
  const reached: (readonly number[])[] = []
  let solution: DenseSolution | undefined
  try {
    for await (const step of steps) {
      const { from, to, moved, x: start, k } = step.segment()
      segments.push({ from, to, moved, x: tf.clone(start), k: k.map(v => tf.clone(v)) })
      reached.push(step.to)
      if (step.lanes.every(lane => lane.done))
        solution = new DenseSolution(space, method, segments, reached, tf.clone(step.x), statistics(step))
    }
    return solution! // a span has at least one step
  } catch (error) {
    tf.dispose(segments.flatMap(({ x, k }) => [x, ...k]))
    throw error
  }
}
