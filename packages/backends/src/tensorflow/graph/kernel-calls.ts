import type { KernelRun, Shaped, Values } from '../eager.js'
import type { Handle } from './handles.js'

/** The calls that one run of a kernel made, so that a later run of it need not make them again. */
export interface KernelCalls {
  readonly body: unknown
  readonly key: string
  readonly inputs: readonly KnownInput[]
  /** The tensors from outside that these calls are the first to use: input i, or a constant of the kernel. */
  readonly arrivals: readonly (number | Handle)[]
  /** How many calls these are, and how many outputs they have. */
  readonly calls: number
  readonly outputs: number
  readonly results: Values
  /** Which of the outputs each result is. */
  readonly places: readonly number[]
}

/** Where an input comes from (see `Source`); undefined if no call takes it. */
export interface KnownInput extends Shaped {
  readonly source: number | undefined
}

/** True if a run of a kernel on inputs of these shapes makes the same calls. */
export function makesSameCalls(
  known: KernelCalls,
  { body, key }: KernelRun,
  inputs: readonly Shaped[],
): boolean {
  return (
    known.body === body &&
    known.key === key &&
    known.inputs.length === inputs.length &&
    known.inputs.every((input, i) => sameShaped(input, inputs[i]!))
  )
}

export function sameShaped(a: Shaped, b: Shaped): boolean {
  return (
    a.dtype === b.dtype &&
    a.shape.length === b.shape.length &&
    a.shape.every((side, i) => side === b.shape[i])
  )
}
