import { describe } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type CompiledRuns, compilerOf } from './compilers.js'
import { keyOf } from './key.js'

/** A function of tensors (and of numbers, by name) to tensors; each in a list or an object where that is convenient. */
// biome-ignore lint/suspicious/noExplicitAny: a function's arguments are contravariant, and each may be any of these
export type Compilable = (...args: any[]) => tf.TensorContainer

export type Compiled<F extends Compilable> = F & {
  /** Why the last call ran step by step, once that is decided; undefined while it is not, or where it was compiled. */
  readonly why: string | undefined
  /** Free what was compiled. The function itself stays usable. */
  dispose(): void
}

/** Shapes that one function is kept compiled for: those used last. */
const MOST_KEYS = 8

let running = false

/**
 * The same function, run as one piece where the backend can: on 'node' as a TensorFlow graph. Elsewhere, and where it can't
 * be, it is called as it is, and `why` says what stands against it.
 *
 *     const velocity = compile((x, t) => network.forward(x, t))
 *
 * It is safe by proof: for each set of shapes the function runs call by call until two runs have made the same calls on the
 * same constants, and until its calls have taken about as long as compiling will. From then on each run is held against
 * them. A run that differs is finished call by call, and the function stays so when that has happened three times in a row.
 * Results are the same to the bit, always. What the function makes and neither returns nor keeps is freed at its end. A
 * compiled function inside of another is a part of that one.
 *
 * @param fn  takes tensors, or lists and objects of tensors and numbers; returns tensors, and not a promise of them. It may
 *            read and assign variables, and draw random numbers; it may not read a tensor's numbers
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
    if (backend !== home) dispose()
    home = backend
    if (!compiler) {
      why = `${tf.getBackend()} compiles nothing`
      return undefined
    }
    const key = keyOf(args)
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
    if (!runs) return body()
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

/** Throw where the function is asynchronous: what it makes would be freed before it is used. */
function settled(result: tf.TensorContainer): tf.TensorContainer {
  if (result instanceof Promise)
    throw new TypeError('backends.compile: fn must return tensors, got a promise.')
  return result
}
