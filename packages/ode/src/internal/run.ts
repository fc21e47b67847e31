import { checkTensor, describe, type Field, type OptionNames } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type Grid, gridTimes } from '../grid.js'
import type { Method, PastStep, SolverState } from '../method.js'
import { heun } from '../methods/heun.js'

export type IntegrateOptions = Grid & {
  /** heun by default. */
  method?: Method
}

export const integrateNames: OptionNames<IntegrateOptions> = {
  times: 'optional',
  steps: 'optional',
  span: 'optional',
  method: 'optional',
}

export interface Run<X extends tf.Tensor> {
  times: readonly number[]
  /** The state after each step. */
  states: Generator<SolverState<X>, void, undefined>
}

/** The checked start of every fixed-grid solver; `where` names the function that the user called. */
export function run<X extends tf.Tensor>(
  where: string,
  field: Field<X>,
  x: X,
  { method = heun, ...grid }: IntegrateOptions,
): Run<X> {
  if (typeof field !== 'function')
    throw new TypeError(`${where}: field must be a function, got ${describe(field)}.`)
  if (typeof method?.step !== 'function')
    throw new TypeError(`${where}: method must be a method such as heun, got ${describe(method)}.`)
  checkTensor(where, 'x', x, ['B', '...'])
  const times = gridTimes(where, grid)
  const states = steps(field as Field, x, method, times) // methods keep the rank
  return { times, states: states as Run<X>['states'] }
}

function* steps(
  field: Field,
  start: tf.Tensor,
  method: Method,
  times: readonly number[],
): Generator<SolverState, void, undefined> {
  const looksBack = method.past ?? 0
  const past: PastStep[] = [] // the latest first
  let x = start
  let nfe = 0
  try {
    for (let step = 1; step < times.length; step++) {
      const t = times[step]!
      const from = times[step - 1]!
      const next = tf.tidy(() => method.step(field, x, from, t, past))
      tf.keep(next.x) // a loop over the states may run inside of someone's tidy
      if (next.v) past.unshift({ t: from, v: tf.keep(next.v) })
      while (past.length > looksBack) past.pop()?.v.dispose()
      if (x !== start) x.dispose()
      x = next.x
      nfe += next.nfe
      yield { x, t, step, steps: times.length - 1, nfe }
    }
  } finally {
    if (x !== start) x.dispose()
    for (const { v } of past) v.dispose()
  }
}
