import type { Attr, Shaped } from '../eager.js'
import { type KernelCalls, sameShaped } from './kernel-calls.js'

/** An int32 tensor that the host made, with its numbers. */
export interface Integers extends Shaped {
  readonly values: ArrayLike<number>
}

/**
 * Where a call's input comes from: output i of the trace, as i; the n-th tensor from outside, as -1 - n (n from 0); or
 * integers that decide the output's shape and therefore belong to the trace.
 */
export type Source = number | Integers

/** A call of one operation of TensorFlow. */
export interface Call {
  readonly name: string
  readonly attrs: readonly Attr[]
  readonly sources: readonly Source[]
  /** The tensors from outside that no earlier call uses. */
  readonly arrivals: readonly Shaped[]
  readonly outputs: readonly Shaped[]
}

/** Calls in their order, and which of their outputs the program needs afterwards. */
export interface Trace {
  readonly calls: readonly Call[]
  readonly wanted: readonly number[]
  /** Those of the calls that kernels made, by the index of a kernel's first call. */
  readonly kernels: ReadonlyMap<number, KernelCalls>
}

/** True if call b can stand for call a: then their outputs have the same shapes. */
export function sameCall(a: Call, b: Omit<Call, 'outputs'>, outputs: number): boolean {
  return (
    a.name === b.name &&
    a.outputs.length === outputs &&
    every(a.sources, b.sources, sameSource) &&
    every(a.attrs, b.attrs, sameAttr) &&
    every(a.arrivals, b.arrivals, sameShaped)
  )
}

/** Says for people how two calls at one place differ; undefined stands for a call that was not made. */
export function differenceOfCalls(at: number, a: Named | undefined, b: Named | undefined): string {
  const [before, now] = [a?.name ?? 'nothing', b?.name ?? 'nothing']
  if (before !== now) return `call ${at} is ${now} in one run and ${before} in another`
  return `call ${at}, ${now}, has different shapes, attributes or inputs in different runs`
}

type Named = Pick<Call, 'name'>

/** Says for people how two traces differ; undefined if they are the same. */
export function differenceOfTraces(a: Trace, b: Trace): string | undefined {
  for (let i = 0; i < Math.max(a.calls.length, b.calls.length); i++) {
    const [before, now] = [a.calls[i], b.calls[i]]
    if (!before || !now || !sameCall(before, now, now.outputs.length))
      return differenceOfCalls(i, before, now)
  }
  return every(a.wanted, b.wanted, sameNumber) ? undefined : 'it keeps different tensors in different runs'
}

export function every<A, B>(a: ArrayLike<A>, b: ArrayLike<B>, same: (x: A, y: B) => boolean): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!same(a[i] as A, b[i] as B)) return false
  return true
}

export const sameNumber = (a: number, b: number): boolean => a === b

function sameSource(a: Source, b: Source): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b
  return sameShaped(a, b) && every(a.values, b.values, sameNumber)
}

function sameAttr(a: Attr, b: Attr): boolean {
  if (a.name !== b.name || a.type !== b.type) return false
  const [x, y] = [a.value, b.value]
  return x === y || (Array.isArray(x) && Array.isArray(y) && every(x, y, sameNumber))
}
