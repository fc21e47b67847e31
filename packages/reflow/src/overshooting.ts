import {
  batchOf,
  checkKind,
  checkNumber,
  checkOptions,
  checkRng,
  checkTensor,
  describe,
  indexedNormal,
  type OptionNames,
  type Rng,
} from '@rectified-flow/core'
import type { Method } from '@rectified-flow/ode'
import * as tf from '@tensorflow/tfjs-core'

export interface OvershootingOptions {
  /** How far each step goes past its end, as a share of the step, >= 0: 0 adds no noise, the paper's choices are 1 to 3. */
  amount: number
  /** The noise of row i in a step that ends at t is drawn from rng.fork(`${t}`).fork(indices[i]). */
  rng: Rng
  /** A number for each sample; 0, 1, ... by default. With its seed here a sample is the same in any batch. */
  indices?: ArrayLike<number>
}

const overshootingNames: OptionNames<OvershootingOptions> = {
  amount: 'required',
  rng: 'required',
  indices: 'optional',
}

/**
 * Stochastic sampling of a flow: each step of a method goes further than its end, and fresh noise brings the state back there.
 *
 *   o = max(0, t' - amount (t - t'))     x' = a x_o + b n,  n ~ N(0, I)     a = (1 - t')/(1 - o), b² = t'² - (a o)²
 *
 * If x_o is distributed as (1 - o) x + o z, then x' is as (1 - t') x + t' z: the noise changes no marginal. With many steps this is
 * the SDE with the flow's marginals and diffusion g² = 2 amount t/(1 - t). It corrects errors of earlier steps; EDM's churn does so
 * too, and adds the noise before a step.
 *
 *     sample(field, z, { steps: 32, method: overshooting(euler, { amount: 1, rng }) })
 *
 * @param method  any method that doesn't look back on earlier steps
 * @see Hu et al., AMO Sampler: Enhancing Text Rendering with Overshooting, arXiv 2411.19415, section 3
 */
export function overshooting(method: Method, options: OvershootingOptions): Method {
  const where = 'reflow.overshooting'
  checkOptions(where, options, overshootingNames)
  checkKind(where, 'method', method, 'a method such as euler', ['name', 'order', 'step'])
  if (method.past)
    throw new RangeError(`${where}: method must use no earlier steps, got ${describe(method.name)}.`)
  const { amount, rng, indices } = options
  checkNumber(where, 'amount', amount, 0)
  checkRng(where, rng)
  return {
    name: `overshooting ${method.name}`,
    order: 1,
    step(field, x, t, tNext) {
      checkTensor(where, 'x', x, ['B', '...'])
      if (!(tNext < t && t <= 1 && tNext >= 0))
        throw new RangeError(`${where}: times must fall in [0, 1], got ${tNext} after ${t}.`)
      const [batch, ...shape] = [batchOf(x), ...x.shape.slice(1)]
      const rows = indices ?? Array.from({ length: batch }, (_, i) => i)
      if (rows.length !== batch)
        throw new RangeError(
          `${where}: indices must hold ${batch} numbers, one a sample, got ${rows.length}.`,
        )
      const over = Math.max(0, tNext - amount * (t - tNext))
      const kept = (1 - tNext) / (1 - over)
      const added = Math.sqrt(Math.max(0, tNext ** 2 - (kept * over) ** 2))
      return tf.tidy(() => {
        const there = method.step(field, x, t, over)
        if (added === 0) return there
        const noise = indexedNormal(rng.fork(`${tNext}`), rows, shape)
        return { x: tf.add(tf.mul(there.x, kept), tf.mul(noise, added)), nfe: there.nfe }
      })
    },
  }
}
