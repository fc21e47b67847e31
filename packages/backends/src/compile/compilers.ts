import type * as tf from '@tensorflow/tfjs-core'

/** What a backend compiles a function to: a TensorFlow graph. */
export type CompiledForm = 'graph'

/** How a backend compiles functions. */
export interface Compiler {
  readonly form: CompiledForm
  /** Start the runs of one function at one set of shapes. */
  open(): CompiledRuns
}

/** The runs of a function at one set of shapes: first watched, then compiled or given up. */
export interface CompiledRuns {
  /** Why the function stays calls; undefined until that is decided. */
  readonly why: string | undefined
  /** Run the function, with its arguments bound. Its result and its effects are the same, compiled or not. */
  run<T>(body: () => T): T
  /** Free what was compiled. */
  dispose(): void
}

// The key is the backend and not its name, because a new backend can replace another of the same name.
const compilers = new WeakMap<tf.KernelBackend, Compiler>()

/** From now on, functions on this backend are compiled by this compiler. */
export function registerCompiler(backend: tf.KernelBackend, compiler: Compiler): void {
  compilers.set(backend, compiler)
}

/** The backend's compiler; undefined if it runs functions as they are. */
export function compilerOf(backend: tf.KernelBackend): Compiler | undefined {
  return compilers.get(backend)
}
