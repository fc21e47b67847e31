import type { HostTensor } from '@rectified-flow/checkpoints'
import type * as tf from '@tensorflow/tfjs-core'

/** What every participant of a case starts from, by name: they read it from one safetensors file. */
export type Inputs = Map<string, HostTensor>

/** A case made ready on the active backend. */
export interface Work {
  /** What is timed. The tensors that it gives are disposed by the caller. */
  run(): tf.Tensor[] | Promise<tf.Tensor[]>
  /** What must agree with the other participants, where that is not what `run` gives. */
  outputs?(): Promise<tf.Tensor[]>
  close?(): void
}

/** One row of the table. bench/pytorch/cases.py has the same under the same name. */
export interface Case {
  name: string
  /** Shapes and settings, as the table shows them. */
  size: string
  /** Images that one run makes: the table shows images a second too. */
  images?: number
  /** Plain JavaScript in float64, the same on every backend: one participant is enough. */
  host?: true
  inputs(): Inputs
  /** As the packages do it. */
  open(inputs: Inputs): Work
  /** The same of tfjs's own operations, where that is not `open` without the packages' kernels; null: there is none. */
  openStock?: ((inputs: Inputs) => Work) | null
}
