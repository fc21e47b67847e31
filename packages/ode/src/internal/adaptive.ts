import { checkTensor, describe, type Field } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import {
  type AdaptiveOptions,
  type AdaptiveState,
  type AdaptiveStepOptions,
  checkTolerances,
  stepOptions,
} from '../adaptive-options.js'
import type { AdaptiveMethod } from '../implicit-pair.js'
import { type Advance, advance, type Run } from './advance.js'
import { watchOf } from './crossing.js'
import type { SolverLimit } from './lane.js'
import type { Space } from './space.js'
import { tensorSpace } from './tensor-space.js'

/** How the solve of one sample, or of the whole batch, ended. */
export interface SolverEnd {
  /** Where it ended: the span's end, or where the event stopped it. */
  t: number
  stopped: boolean
  /** With `returnOnLimit`: why it ended before the span's end; undefined if it didn't. */
  limit: SolverLimit | undefined
  /** Field calls made until it ended. */
  nfe: number
  accepted: number
  rejected: number
}

/** What an adaptive solve cost, and how it ended. */
export interface SolverStatistics {
  /** Field calls. */
  nfe: number
  /** Steps; with `perSample` the sum over all samples. */
  accepted: number
  rejected: number
  /** One, or one per sample with `perSample`. */
  ends: SolverEnd[]
}

/** The statistics after this step. */
export function statistics({ lanes, nfe }: Pick<Advance<unknown>, 'lanes' | 'nfe'>): SolverStatistics {
  const ends = lanes.map(({ t, stopped, limit, nfe, accepted, rejected }) => ({
    t,
    stopped,
    limit,
    nfe,
    accepted,
    rejected,
  }))
  return {
    nfe,
    accepted: ends.reduce((total, end) => total + end.accepted, 0),
    rejected: ends.reduce((total, end) => total + end.rejected, 0),
    ends,
  }
}

/** The same steps, with a call of onStep for each. */
export async function* told<V>(
  steps: AsyncGenerator<Advance<V>, void, undefined>,
  onStep: AdaptiveStepOptions<V>['onStep'],
): AsyncGenerator<Advance<V>, void, undefined> {
  for await (const step of steps) {
    if (onStep && step.moved.some(Boolean)) onStep(stateOf(step))
    yield step
  }
}

function stateOf<V>(step: Advance<V>): AdaptiveState<V> {
  const { nfe, accepted, rejected } = statistics(step)
  const behind = step.lanes.reduce((worst, lane) => (lane.remaining > worst.remaining ? lane : worst))
  return { x: step.x, t: behind.t, times: step.lanes.map(lane => lane.t), nfe, accepted, rejected }
}

export interface AdaptiveRun {
  space: Space<tf.Tensor>
  method: AdaptiveMethod
  span: readonly [number, number]
  steps: AsyncGenerator<Advance<tf.Tensor>, void, undefined>
}

/** The checked start of every adaptive solver of tensors; `where` names the function that the user called. */
export function adaptive(where: string, field: Field, x: tf.Tensor, options: AdaptiveOptions): AdaptiveRun {
  if (typeof field !== 'function')
    throw new TypeError(`${where}: field must be a function, got ${describe(field)}.`)
  checkTensor(where, 'x', x, ['B', '...'])
  const { rtol = 1e-3, atol = 1e-6, perSample = false, event, ...rest } = options
  checkTolerances(where, rtol, atol)
  const { onStep, ...checked } = stepOptions<tf.Tensor>(where, rest)
  const space = tensorSpace(where, x.shape, { field, rtol, atol, event: event?.value, perSample })
  const run: Run = { ...checked, onStep: undefined, watch: watchOf(where, event, checked.span) }
  return {
    space,
    method: checked.method,
    span: checked.span,
    steps: told(advance(where, space, x, run), onStep),
  }
}
