import { checkOptions, type Field } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type AdaptiveOptions, adaptiveNames } from './adaptive-options.js'
import { adaptive, type SolverStatistics, statistics } from './internal/adaptive.js'

export type AdaptiveSolution<X extends tf.Tensor = tf.Tensor> = SolverStatistics & {
  /** The state at the end [B,...]. */
  x: X
}

/**
 * Integrate dx/dt = field(x, t) with steps as long as the tolerances allow: each step's error estimate stays below
 * atol + rtol |x| in the root mean square, over the whole tensor or `perSample`. Asynchronous, because the error is read
 * back from the device. Throws a `SolverError` that says where it stopped (or, with `returnOnLimit`, ends there), or the signal's reason.
 *
 * With `perSample` the field still gets the whole batch, so that the rows of tensors it closes over, such as labels, still
 * match. Samples that are done stand still.
 *
 * @param field  x [B,...] and t [B] to dx/dt [B,...]
 * @param x      state at span[0] [B,...], float32; borrowed until the promise settles
 * @see Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, section II.4
 */
export async function solveAdaptive<X extends tf.Tensor>(
  field: Field<X>,
  x: X,
  options: AdaptiveOptions = {},
): Promise<AdaptiveSolution<X>> {
  checkOptions('ode.solveAdaptive', options, adaptiveNames)
  let solution: AdaptiveSolution<X> | undefined
  for await (const step of adaptive('ode.solveAdaptive', field as Field, x, options).steps)
    if (step.lanes.every(lane => lane.done)) solution = { x: tf.clone(step.x) as X, ...statistics(step) }
  return solution! // a span has at least one step
}
