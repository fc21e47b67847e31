import type * as tf from '@tensorflow/tfjs-core'
import type { Draws } from '../../compile/draws.js'
import type { AnyBuffer, Command } from './command.js'

/** A tensor that a function returned; without a buffer if it is empty. */
export interface Result {
  buffer: AnyBuffer | undefined
  shape: number[]
  dtype: tf.DataType
}

/** One run of a function, as commands. */
export interface Program {
  readonly commands: readonly Command[]
  /** The buffers of its tensor arguments, in order; none for an empty one. */
  readonly inputs: readonly (GPUBuffer | undefined)[]
  /** Which of these are the same tensor. */
  readonly aliases: string
  /** Other tensors from before the run, by their buffers. */
  readonly external: ReadonlyMap<GPUBuffer, object>
  /** Those that it writes in place. */
  readonly written: ReadonlySet<object>
  readonly draws: Draws
  readonly results: readonly Result[]
}
