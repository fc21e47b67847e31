import { describe } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type CompiledRuns, compilerOf } from './compilers.js'
import { keyOf } from './key.js'

/** A function from tensors (and named numbers) to tensors. Tensors may stand in lists and objects. */
// biome-ignore lint/suspicious/noExplicitAny: a function's arguments are contravariant, and each may be any of these
export type Compilable = (...args: any[]) => tf.TensorContainer

export type Compiled<F extends Compilable> = F & {
  /** Why the function stays calls, for the shapes of the last call; undefined while that is open, or if it is compiled. */
  readonly why: string | undefined
  /** Free what was compiled. The function itself stays usable. */
  dispose(): void
}

/** How many sets of shapes one function stays compiled for: the most recently used ones. */
const MOST_KEYS = 8

let running = false

/**
 * The same function, run as one piece where the backend can do that: on 'node' as a TensorFlow graph. On other backends, and
 * where the function can't be a graph, it is called as it is, and `why` gives the reason.
 *
 *     const velocity = compile((x, t) => network.forward(x, t))
 *
 * Compiling is safe, because every run is checked. For each set of shapes, the function runs call by call until two runs in
 * a row have made the same calls on the same constants, and until its calls have taken about as long as compiling will.
 * From then on each run is compared with these calls. A run that differs is finished call by call; after three such runs in
 * a row the function is never compiled again for these shapes. Results always have the same bits. When the function ends,
 * the tensors that it made and neither returned nor kept are freed. A compiled function that another one calls becomes a
 * part of the other one, unless that one is not compiled.
 *
 * @param fn  takes tensors, or lists and objects of tensors and numbers; returns tensors, not a promise of tensors. It may
 *            read and assign variables, and draw random numbers. If it reads a tensor's numbers, it is not compiled
 */
export function compile<F extends Compilable>(fn: F): Compiled<F> {
  if (typeof fn !== 'function')
    throw new TypeError(`backends.compile: fn must be a function, got ${describe(fn)}.`)
  const kept = new Map<string, CompiledRuns>()
  let home: tf.KernelBackend | undefined
  let why: string | undefined

  const dispose = () => {
    for (const runs of kept.values()) runs.dispose()
    kept.clear()
  }
  const runsFor = (args: readonly unknown[]): CompiledRuns | undefined => {
    const key = keyOf(args)
    const backend = tf.backend()
    const compiler = compilerOf(backend)
    if (backend !== home) dispose()
    home = backend
    if (!compiler) {
      why = `${tf.getBackend()} compiles nothing`
      return undefined
    }
    const runs = kept.get(key) ?? compiler.open()
    kept.delete(key)
    kept.set(key, runs)
    for (const [oldest, { dispose }] of kept) {
      if (kept.size <= MOST_KEYS) break
      dispose()
      kept.delete(oldest)
    }
    return runs
  }

  const call = (...args: Parameters<F>): tf.TensorContainer => {
    const body = () => tf.tidy(() => settled(fn(...args)))
    const runs = running ? undefined : runsFor(args)
    if (runs) why = runs.why
    // Inside of a function that is not compiled, others may be.
    if (!runs || runs.why !== undefined) return body()
    running = true
    try {
      return runs.run(body)
    } finally {
      running = false
      why = runs.why
    }
  }
  return Object.defineProperties(call, {
    name: { value: fn.name },
    why: { get: () => why },
    dispose: { value: dispose },
  }) as unknown as Compiled<F>
}

/** Throw if the function is asynchronous: tidy would free its tensors before it uses them. */
function settled(result: tf.TensorContainer): tf.TensorContainer {
  if (result instanceof Promise)
    throw new TypeError('backends.compile: fn must return tensors, got a promise.')
  return result
}
