import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Binding } from '../eager.js'
import { type Endpoints, savedModel, TAG } from './saved-model.js'
import { type Call, every, fingerprint, sameCall, sameNumber, type Trace } from './trace.js'

/** Shorter traces cost more as a graph's run than as calls. */
const SHORTEST = 16
/** Milliseconds that TensorFlow takes for each call to make a graph ready, by measurement. */
const COMPILE_MS = 0.25
/** Graphs that are kept: those used last. */
const MOST_GRAPHS = 64
/** Traces that are remembered without a graph. */
const MOST_SEEN = 1024

/** A trace that TensorFlow has made ready. */
interface Graph extends Endpoints {
  readonly id: number
  readonly wanted: readonly number[]
  readonly end: Step
}

/** What came up to here in one or more compiled traces: they are a tree. */
export class Step {
  readonly next: Step[] = []
  readonly graphs: Graph[] = []

  constructor(
    readonly parent?: Step,
    readonly call?: Call,
  ) {}

  /** Where the tree goes on with this call. */
  follow(call: Omit<Call, 'outputs'>, outputs: number): Step | undefined {
    return this.next.find(step => sameCall(step.call as Call, call, outputs))
  }
}

/** The graphs of traces that came again and again. */
export class Graphs {
  readonly root = new Step()
  private readonly kept = new Set<Graph>()
  private readonly seen = new Map<number, { runs: number; ms: number }>()
  /** How often a graph was run. */
  runs = 0
  /** A trace is compiled when its calls have taken as long as making the graph will: so many milliseconds for each. */
  patience = COMPILE_MS

  constructor(private readonly binding: Binding) {}

  /**
   * Run the graph of a trace that ends here.
   *
   * @returns  the tensors of the wanted outputs; undefined if there is no such graph, or it failed
   */
  run(end: Step, wanted: readonly number[], inputs: () => number[]): number[] | undefined {
    const graph = end.graphs.find(known => every(known.wanted, wanted, sameNumber))
    if (!graph) return undefined
    try {
      const outputs = this.binding.runSavedModel(graph.id, inputs(), graph.inputs, graph.outputs)
      this.kept.delete(graph)
      this.kept.add(graph)
      this.runs++
      return outputs.map(({ id }) => id)
    } catch {
      this.forget(graph) // the calls, one by one, will tell what is wrong
      return undefined
    }
  }

  /** Look at a trace whose calls ran one by one in so many milliseconds, and compile it if that pays. */
  consider(trace: Trace, ms: number): void {
    const { length } = trace.calls
    if (length < SHORTEST) return
    const key = fingerprint(trace)
    const before = this.seen.get(key) ?? { runs: 0, ms: 0 }
    const now = { runs: before.runs + 1, ms: before.ms + ms }
    this.seen.delete(key)
    if (now.runs > 1 && now.ms >= length * this.patience) {
      if (this.compile(trace)) return
      now.ms = -Infinity
    }
    this.seen.set(key, now)
    if (this.seen.size > MOST_SEEN) this.seen.delete(oldest(this.seen.keys()))
  }

  private compile(trace: Trace): boolean {
    const { bytes, ...endpoints } = savedModel(trace, this.binding)
    const id = this.load(bytes)
    if (id === undefined) return false
    let end = this.root
    for (const call of trace.calls) {
      const known = end.follow(call, call.outputs.length)
      const step = known ?? new Step(end, call)
      if (!known) end.next.push(step)
      end = step
    }
    const graph = { id, wanted: trace.wanted, end, ...endpoints }
    end.graphs.push(graph)
    this.kept.add(graph)
    if (this.kept.size > MOST_GRAPHS) this.forget(oldest(this.kept))
    return true
  }

  /** Forget all of them. */
  dispose(): void {
    for (const graph of this.kept) this.forget(graph)
    this.seen.clear()
  }

  /** TensorFlow's loader reads a folder; nothing of it is needed afterwards. */
  private load(bytes: Uint8Array): number | undefined {
    let folder: string | undefined
    try {
      folder = mkdtempSync(join(tmpdir(), 'rectified-flow-graph-'))
      writeFileSync(join(folder, 'saved_model.pb'), bytes)
      return this.binding.loadSavedModel(folder, TAG)
    } catch {
      return undefined
    } finally {
      if (folder) rmSync(folder, { recursive: true })
    }
  }

  private forget(graph: Graph): void {
    this.kept.delete(graph)
    this.binding.deleteSavedModel(graph.id)
    let step = graph.end
    remove(step.graphs, graph)
    while (step.parent && step.graphs.length === 0 && step.next.length === 0) {
      remove(step.parent.next, step)
      step = step.parent
    }
  }
}

function remove<T>(list: T[], item: T): void {
  list.splice(list.indexOf(item), 1)
}

function oldest<T>(values: Iterable<T>): T {
  const [value] = values
  return value as T
}
