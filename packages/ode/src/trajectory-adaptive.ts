import { checkOptions, type Field, type OptionNames } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type AdaptiveOptions, adaptiveNames } from './adaptive-options.js'
import { checkGrid } from './grid.js'
import { adaptive, type SolverStatistics, statistics } from './internal/adaptive.js'

export type AdaptiveTrajectoryOptions = Omit<AdaptiveOptions, 'span'> & {
  /** The times at which to keep the state: at least two, strictly increasing or decreasing, from start to end. */
  times: readonly number[]
}

const { span: _, ...otherOptions } = adaptiveNames
const adaptiveTrajectoryNames: OptionNames<AdaptiveTrajectoryOptions> = {
  ...otherOptions,
  times: 'required',
}

export type AdaptiveTrajectory = SolverStatistics & {
  times: readonly number[]
  /** states[i] [B,...] is the state at times[i]. After an event it stays the state at the event. */
  states: tf.Tensor[]
}

/**
 * Integrate as `solveAdaptive` does from the first of `times` to the last, and keep the state at each of them. Dense output
 * gives these states, so that the times do not change the steps. `tf.dispose(states)` frees them.
 *
 * @param field  x [B,...] and t [B] to dx/dt [B,...]
 * @param x      state at times[0] [B,...], float32; borrowed until the promise settles
 */
export async function trajectoryAdaptive(
  field: Field,
  x: tf.Tensor,
  options: AdaptiveTrajectoryOptions,
): Promise<AdaptiveTrajectory> {
  const where = 'ode.trajectoryAdaptive'
  checkOptions(where, options, adaptiveTrajectoryNames)
  const { times, ...rest } = options
  checkGrid(where, 'times', times)
  const [start, end] = [times[0]!, times.at(-1)!]
  const sign = Math.sign(end - start)
  const { space, steps } = adaptive(where, field, x, { ...rest, span: [start, end] })
  const states = times.map(() => tf.clone(x)) // for times that are not reached yet: the latest state
  try {
    let taken: SolverStatistics | undefined
    for await (const step of steps) {
      const last = step.lanes.every(lane => lane.done)
      for (const [i, time] of times.entries()) {
        const ahead = step.lanes.map((_, lane) => step.moved[lane]! && sign * (time - step.from[lane]!) > 0)
        if (!ahead.some(Boolean)) continue
        const inside = step.to.map((to, lane) => ahead[lane]! && sign * (to - time) > 0)
        const there = inside.some(Boolean)
          ? step.at(step.to.map((to, lane) => (inside[lane] ? time : to)))
          : tf.clone(step.x)
        const state = space.select(ahead, there, states[i]!)
        tf.dispose([there, states[i]!])
        states[i] = state
      }
      if (last) taken = statistics(step)
    }
    return { times, states, ...taken! }
  } catch (error) {
    tf.dispose(states)
    throw error
  }
}
