import type { Binding } from '../eager.js'
import { savedModel } from './saved-model.js'
import type { Trace } from './trace.js'

/** How many graphs stay loaded: the most recently used ones. */
const MOST_GRAPHS = 64

/** Makes TensorFlow load a model, and returns libtensorflow's number for it. */
export type LoadModel = (binding: Binding, bytes: Uint8Array) => number

/** A trace that TensorFlow can run as a graph. */
export interface Graph {
  run(inputs: number[]): number[]
  dispose(): void
}

interface Loaded {
  id: number
  /** Names of the inputs, and of the outputs, separated by commas. */
  inputs: string
  outputs: string
}

/** Loads graphs, and runs them. */
export class Runner {
  readonly #raw: Binding
  readonly #load: LoadModel
  readonly #ready = new Map<Trace, Loaded>()

  constructor(raw: Binding, load: LoadModel) {
    this.#raw = raw
    this.#load = load
  }

  /** Make a graph of a trace. Throws an Error if TensorFlow refuses the graph. */
  open(trace: Trace): Graph {
    this.#loaded(trace)
    return {
      run: inputs => {
        const { id, inputs: from, outputs } = this.#loaded(trace)
        return this.#raw.runSavedModel(id, inputs, from, outputs).map(value => value.id)
      },
      dispose: () => this.#forget(trace),
    }
  }

  /** The loaded graph of a trace; loads it if necessary. */
  #loaded(trace: Trace): Loaded {
    let loaded = this.#ready.get(trace)
    if (!loaded) {
      const { bytes, ...endpoints } = savedModel(trace, this.#raw)
      loaded = { id: this.#load(this.#raw, bytes), ...endpoints }
    }
    this.#ready.delete(trace)
    this.#ready.set(trace, loaded)
    for (const oldest of this.#ready.keys()) {
      if (this.#ready.size <= MOST_GRAPHS) break
      this.#forget(oldest)
    }
    return loaded
  }

  #forget(trace: Trace): void {
    const loaded = this.#ready.get(trace)
    this.#ready.delete(trace)
    if (loaded) this.#raw.deleteSavedModel(loaded.id)
  }
}
