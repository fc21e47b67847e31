import type { HostTensor } from '@rectified-flow/checkpoints'
import type * as tf from '@tensorflow/tfjs-core'

/** The inputs of a case by name. All participants read them from one safetensors file. */
export type Inputs = Map<string, HostTensor>

/** A case that is ready to run on the active backend. */
export interface Work {
  /** The timed function. The caller disposes the tensors that it returns. */
  run(): tf.Tensor[] | Promise<tf.Tensor[]>
  /** The outputs that must agree with the other participants, if they are not those of `run`. */
  outputs?(): Promise<tf.Tensor[]>
  close?(): void
}

/** One row of the table. bench/pytorch/cases.py has a case with the same name. */
export interface Case {
  name: string
  /** Shapes and settings, as the table shows them. */
  size: string
  /** How many images one run makes; then the table also shows images a second. */
  images?: number
  /** Plain JavaScript in float64, the same on every backend, so only the first backend runs it. */
  host?: true
  inputs(): Inputs
  /** The case with the operations of the packages. */
  open(inputs: Inputs): Work
  /** The case with tfjs's own operations, if that is not `open` without the packages' kernels; null: tfjs has none. */
  openStock?: ((inputs: Inputs) => Work) | null
}
