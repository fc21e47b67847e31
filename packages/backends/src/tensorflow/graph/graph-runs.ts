import type * as tf from '@tensorflow/tfjs-core'
import type { Body, CompiledRuns } from '../../compile/compilers.js'
import type { Recorder } from './recorder.js'
import type { Graph, Runner } from './runner.js'
import { differenceOfTraces, type Trace } from './trace.js'

/** The fewest calls of a graph; with fewer, running the graph costs more than the calls. */
const SHORTEST = 16
/** After so many differing runs in a row, the function is given up. */
const MOST_DIFFERENCES = 3

/** Milliseconds for each call that TensorFlow takes to prepare a graph; measured. */
const COMPILE_MS = 0.25

/** A function is compiled when its runs have taken this many milliseconds for each call of one run; 0 in tests. */
export const patience = { msPerCall: COMPILE_MS }

/** Runs a body and records its calls. */
export type Record = <T>(body: () => T, follow: Trace | undefined, end: (recorder: Recorder) => void) => T

/** The runs of a function at one set of shapes: watching -> compiled, or given up (see README.md). */
export class GraphRuns implements CompiledRuns {
  readonly #record: Record
  readonly #runner: Runner

  why: string | undefined
  #trace: Trace | undefined
  #graph: Graph | undefined
  #ms = 0
  #differences = 0

  constructor(record: Record, runner: Runner) {
    this.#record = record
    this.#runner = runner
  }

  run(body: Body, args: readonly unknown[]): tf.TensorContainer {
    return this.follow(() => body(...args))
  }

  /** Run what makes the calls, as a graph if it is one. */
  follow<T>(calls: () => T): T {
    if (this.why !== undefined) return calls()
    const graph = this.#graph
    return this.#record(calls, graph && this.#trace, recorder => {
      if (graph) recorder.finish(graph.run)
      this.#look(recorder)
    })
  }

  readonly dispose = (): void => {
    this.#graph?.dispose()
    this.#graph = undefined
  }

  /** Choose the next state from a finished run. */
  #look(recorder: Recorder): void {
    if (recorder.difference !== undefined) this.#differ(recorder.difference)
    else if (this.#graph) this.#differences = 0
    else this.#compare(recorder)
  }

  #compare(recorder: Recorder): void {
    const trace = recorder.trace()
    const before = this.#trace
    const difference = before && differenceOfTraces(before, trace)
    this.#trace = trace
    this.#ms = difference === undefined ? this.#ms + recorder.ms : recorder.ms
    if (difference === undefined) this.#differences = 0
    else this.#differ(difference)
    if (before && difference === undefined) this.#compile(trace)
  }

  #compile(trace: Trace): void {
    const calls = trace.calls.length
    if (calls < SHORTEST) this.#giveUp(`it makes ${calls} calls: a graph needs at least ${SHORTEST}`)
    else if (this.#ms >= calls * patience.msPerCall)
      try {
        this.#graph = this.#runner.open(trace)
      } catch (error) {
        this.#giveUp(`TensorFlow refuses its graph: ${(error as Error).message}`)
      }
  }

  #differ(difference: string): void {
    this.#differences++
    if (this.#differences === MOST_DIFFERENCES) this.#giveUp(difference)
  }

  #giveUp(why: string): void {
    this.why = why
    this.#trace = undefined
    this.dispose()
  }
}
