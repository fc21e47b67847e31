import * as tf from '@tensorflow/tfjs-core'
import { isTaped } from '../../compile/arguments.js'
import type { Body, CompiledRuns } from '../../compile/compilers.js'
import type { WebgpuBackend } from '../backend.js'
import { computeAll } from '../lazy.js'
import { differenceOf } from './difference.js'
import type { Program } from './program.js'
import { Replay } from './replay.js'
import { mapTensors } from './results.js'
import { runRecorded } from './run-recorded.js'

/** After so many runs in a row that differ from the one before, the function is given up. */
const MOST_DIFFERENCES = 4

/** These runs, and then every CHECK_EVERY-th one, are recorded again, to see that the function still asks the same. */
const CHECKS = [8, 64]
const CHECK_EVERY = 512

/** The runs of a function at one set of shapes: recorded -> replayed, or given up (see README.md). */
export class CommandRuns implements CompiledRuns {
  readonly #backend: WebgpuBackend

  why: string | undefined
  #last: Program | undefined
  #result: tf.TensorContainer = []
  #replay: Replay | undefined
  #differences = 0
  #replayed = 0

  constructor(backend: WebgpuBackend) {
    this.#backend = backend
  }

  run(body: Body, args: readonly unknown[]): tf.TensorContainer {
    // tfjs can't see a gradient through commands, nor measure their times.
    if (this.why !== undefined || isTaped() || this.#backend.activeTimers) return body(...args)
    computeAll(this.#backend) // what waits from before is no part of these commands, and may read what they write
    if (this.#replay?.fits(args)) {
      this.#replayed++
      if (!CHECKS.includes(this.#replayed) && this.#replayed % CHECK_EVERY !== 0)
        return this.#again(this.#replay, args)
      return this.#check(body, args)
    }
    this.dispose()
    const { result, program, obstacle } = runRecorded(this.#backend, body, args)
    this.#look(program, obstacle)
    this.#result = result
    return result
  }

  readonly dispose = (): void => {
    this.#replay?.dispose()
    this.#replay = undefined
  }

  #again(replay: Replay, args: readonly unknown[]): tf.TensorContainer {
    const tensors = replay.run(args)
    let next = 0
    return mapTensors(this.#result, () => tensors[next++]!)
  }

  /** Record a run that would have been replayed: the function may depend on something that can't be seen from outside. */
  #check(body: Body, args: readonly unknown[]): tf.TensorContainer {
    const { result, program, obstacle } = runRecorded(this.#backend, body, args)
    const difference = obstacle ?? differenceOf(this.#last!, program)
    if (difference === undefined) return result
    tf.dispose(result)
    throw new Error(
      'backends.compile: fn must depend only on its arguments and on variables, got something else that changed after it ' +
        `was compiled: ${difference}. Pass what changes as a tensor or as a random stream, or don't compile the function.`,
    )
  }

  #look(program: Program, obstacle: string | undefined): void {
    const before = this.#last
    this.#last = program
    const difference = obstacle ?? (before && differenceOf(before, program))
    if (difference !== undefined) this.#differ(difference)
    else if (before) {
      this.#differences = 0
      this.#replay = new Replay(this.#backend, program)
    }
  }

  #differ(difference: string): void {
    this.#differences++
    if (this.#differences < MOST_DIFFERENCES) return
    this.why = difference
    this.#last = undefined
    this.dispose()
  }
}
