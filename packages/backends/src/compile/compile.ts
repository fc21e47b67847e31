import { describe } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { keyOf } from './arguments.js'
import { type Body, type CompiledRuns, compilerOf } from './compilers.js'

/** A function from tensors, random streams and numbers to tensors. They may stand in lists and objects. */
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
 * The same function, run as one piece where the backend can do that: on 'node' as a TensorFlow graph, on 'webgpu' as a list
 * of commands and on 'wasm' as a list of calls, whose memory is planned. On other backends, and where the function can't be
 * compiled, it is called as it is, and `why` gives the reason.
 *
 *     const velocity = compile((x, t) => network.forward(x, t))
 *
 * For each set of shapes, the function runs call by call until two runs in a row have made the same calls on the same
 * constants (and, on 'node', until its calls have taken about as long as compiling will). Then it is compiled. On 'node' each
 * later run is still compared with these calls. On 'webgpu' and 'wasm' the function's JavaScript doesn't run again. So what
 * changes from run to run must be a tensor, a random stream or a variable. A number is a constant there: for each one the
 * function is compiled again, and what the function takes from elsewhere stays as it was in the first runs. The function is
 * called again when a tensor that it uses was freed, on 'webgpu' also when a variable was assigned; and now and then, to see
 * that it still makes the same calls: if not, the run throws an error.
 *
 * After a few runs in a row that differ, the function is never compiled again for these shapes. Results always have the same
 * bits. When the function ends, the tensors that it made and neither returned nor kept are freed. A compiled function that
 * another one calls becomes a part of the other one, unless that one is not compiled.
 *
 * @param fn  takes tensors, random streams and numbers, or lists and objects of them; returns tensors, not a promise of
 *            tensors. It may read and assign variables, and draw random numbers. If it reads a tensor's numbers, it is not
 *            compiled
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
    const backend = tf.backend()
    const compiler = compilerOf(backend)
    const key = keyOf(args, compiler?.numbers ?? 'inputs')
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
    const body = ((...given: Parameters<F>) => tf.tidy(() => settled(fn(...given)))) as Body
    const runs = running ? undefined : runsFor(args)
    if (runs) why = runs.why
    // Inside of a function that is not compiled, others may be.
    if (!runs || runs.why !== undefined) return body(...args)
    running = true
    try {
      return runs.run(body, args)
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
