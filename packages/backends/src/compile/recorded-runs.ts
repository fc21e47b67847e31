import * as tf from '@tensorflow/tfjs-core'
import { isTaped } from './arguments.js'
import type { Body, CompiledRuns } from './compilers.js'
import { ownArguments } from './own-arguments.js'
import { mapTensors, tensorsOf } from './results.js'

/** After so many runs in a row that differ from the one before, the function is given up. */
const MOST_DIFFERENCES = 4

/** These runs, and then every CHECK_EVERY-th one, are recorded again, to see that the function still asks the same. */
const CHECKS = [8, 64]
const CHECK_EVERY = 512

/** What came of a run: `obstacle` says why its program can't be run again without the function. */
export interface Recorded<Program> {
  result: tf.TensorContainer
  program: Program
  obstacle: string | undefined
}

/** A program that can be run again on other arguments. */
export interface Replay {
  /** Whether it can run on these arguments: everything else that it uses is as it was. */
  fits(args: readonly unknown[]): boolean
  /** Run it. Returns new tensors. */
  run(args: readonly unknown[]): tf.Tensor[]
  dispose(): void
}

/** How a backend records a function as a program, and runs it again. */
export interface Recorder<Program> {
  /** Whether tfjs measures its kernels now, so that they must be called one by one. */
  isMeasured(): boolean
  /** Do what was put off before the function was called. */
  settle(): void
  record(body: Body, args: readonly unknown[]): Recorded<Program>
  /** What two programs do differently; undefined if they do the same. */
  differenceOf(one: Program, other: Program): string | undefined
  replayOf(program: Program): Replay
}

/** The runs of a function at one set of shapes: recorded -> replayed, or given up (see ../webgpu/commands/README.md). */
export class RecordedRuns<Program> implements CompiledRuns {
  readonly #recorder: Recorder<Program>

  why: string | undefined
  #last: Program | undefined
  #result: tf.TensorContainer = []
  #replay: Replay | undefined
  #differences = 0
  #replayed = 0

  constructor(recorder: Recorder<Program>) {
    this.#recorder = recorder
  }

  run(body: Body, args: readonly unknown[]): tf.TensorContainer {
    // tfjs can't see a gradient through a program, nor measure its kernels.
    if (this.why !== undefined || isTaped() || this.#recorder.isMeasured()) return body(...args)
    this.#recorder.settle()
    if (this.#replay?.fits(args)) {
      this.#replayed++
      if (!CHECKS.includes(this.#replayed) && this.#replayed % CHECK_EVERY !== 0)
        return this.#again(this.#replay, args)
      return this.#check(body, args)
    }
    this.dispose()
    const { result, program, obstacle } = this.#record(body, args)
    this.#look(program, obstacle)
    this.#result = result
    return result
  }

  readonly dispose = (): void => {
    this.#replay?.dispose()
    this.#replay = undefined
  }

  #record(body: Body, args: readonly unknown[]): Recorded<Program> {
    const { own, copies } = ownArguments(args)
    const returned = new Set<tf.Tensor>()
    try {
      const recorded = this.#recorder.record(body, own)
      for (const tensor of tensorsOf(recorded.result)) returned.add(tensor)
      return recorded
    } finally {
      tf.dispose(copies.filter(copy => !returned.has(copy)))
    }
  }

  #again(replay: Replay, args: readonly unknown[]): tf.TensorContainer {
    const tensors = replay.run(args)
    let next = 0
    return mapTensors(this.#result, () => tensors[next++]!)
  }

  /** Record a run that would have been replayed: the function may depend on something that can't be seen from outside. */
  #check(body: Body, args: readonly unknown[]): tf.TensorContainer {
    const { result, program, obstacle } = this.#record(body, args)
    const difference = obstacle ?? this.#recorder.differenceOf(this.#last!, program)
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
    const difference = obstacle ?? (before && this.#recorder.differenceOf(before, program))
    if (difference !== undefined) this.#differ(difference)
    else if (before) {
      this.#differences = 0
      this.#replay = this.#recorder.replayOf(program)
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
