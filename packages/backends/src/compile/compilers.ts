import type * as tf from '@tensorflow/tfjs-core'

/** What a compiled function is on a backend: a TensorFlow graph. */
export type CompiledForm = 'graph'

/** How a backend compiles functions. */
export interface Compiler {
  readonly form: CompiledForm
  /** For a function at one set of shapes. */
  open(): CompiledRuns
}

/** The runs of a function at one set of shapes: watched, then compiled, or given up. */
export interface CompiledRuns {
  /** Why the function runs call by call, once that is decided. */
  readonly why: string | undefined
  /** The function, with its arguments in place: what it returns, and does, is the same either way. */
  run<T>(body: () => T): T
  /** Free what was compiled. */
  dispose(): void
}

// By backend, and not by its name: a new one may take the place of another.
const compilers = new WeakMap<tf.KernelBackend, Compiler>()

/** Let functions be compiled on a backend. */
export function registerCompiler(backend: tf.KernelBackend, compiler: Compiler): void {
  compilers.set(backend, compiler)
}

/** How a backend compiles functions; undefined where it runs them as they are. */
export function compilerOf(backend: tf.KernelBackend): Compiler | undefined {
  return compilers.get(backend)
}
