import type * as tf from '@tensorflow/tfjs-core'

/** What a backend compiles a function to: a TensorFlow graph, or a list of commands (on WebGPU) or of calls (on wasm). */
export type CompiledForm = 'graph' | 'commands'

/** How a backend compiles functions. */
export interface Compiler {
  readonly form: CompiledForm
  /** What a function's numbers are: inputs, or constants, so that each number has its own compiled form. */
  readonly numbers: 'inputs' | 'constants'
  /** Start the runs of one function at one set of shapes. */
  open(): CompiledRuns
}

/** A function that frees what it makes and doesn't return. */
export type Body = (...args: unknown[]) => tf.TensorContainer

/** The runs of a function at one set of shapes: first watched, then compiled or given up. */
export interface CompiledRuns {
  /** Why the function stays calls; undefined until that is decided. */
  readonly why: string | undefined
  /** Run the function. Its result and its effects are the same, compiled or not. */
  run(body: Body, args: readonly unknown[]): tf.TensorContainer
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
