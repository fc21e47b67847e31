import {
  type Choice,
  type Coupling,
  checkKind,
  checkOneOf,
  checkOptions,
  checkRng,
  type OptionNames,
  type Pairs,
  type Rng,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { linearAssignment } from '../transport/linear-assignment.js'
import { type SinkhornOptions, sinkhorn, sinkhornNames } from '../transport/sinkhorn.js'

export type OptimalTransportOptions =
  | { method?: 'exact' }
  | ({
      method: 'sinkhorn'
      /** Draws each sample's noise from its row of the plan; step k uses rng.fork(k). */
      rng: Rng
    } & SinkhornOptions)

const exactNames: OptionNames<{ method?: 'exact' }> = { method: 'optional' }
const sinkhornCouplingNames = { ...sinkhornNames, method: 'required', rng: 'required' } as const

/**
 * Pair the data and the noise of every batch again, so that the mean squared distance between them is the smallest
 * possible ('exact') or nearly so ('sinkhorn'; epsilon has the unit of the mean squared difference of two numbers). The
 * paths become straighter than those of independent pairs, and more so with larger batches. Labels stay with their data.
 *
 * @param coupling  gives data and noise: `independentCoupling`, for example
 * @see Pooladian et al., Multisample Flow Matching, arXiv 2304.14772; Tong et al., Improving and Generalizing Flow-Based
 *      Generative Models with Minibatch Optimal Transport, arXiv 2302.00482
 */
export function optimalTransportCoupling<X extends tf.Tensor>(
  coupling: Coupling<X>,
  options: OptimalTransportOptions = {},
): Coupling<X> {
  const names = options?.method === 'sinkhorn' ? sinkhornCouplingNames : exactNames
  const where = 'reflow.optimalTransportCoupling'
  checkOptions<OptimalTransportOptions>(where, options, names)
  checkOneOf(where, 'method', options.method ?? 'exact', ['exact', 'sinkhorn'])
  if (options.method === 'sinkhorn') checkRng(where, options.rng)
  checkKind(where, 'coupling', coupling, 'a coupling such as independentCoupling(data, { rng })', ['draw'])
  return {
    async draw(step, batch) {
      const pairs = await coupling.draw(step, batch)
      try {
        const cost = await meanSquares(pairs)
        const order = assign(options, { cost, batch, step })
        return { ...pairs, z: tf.tidy(() => tf.gather(pairs.z, tf.tensor1d(order, 'int32'))) }
      } catch (error) {
        tf.dispose([pairs.x, ...(pairs.labels ? [pairs.labels] : [])])
        throw error
      } finally {
        pairs.z.dispose()
      }
    },
  }
}

/** The noise that each sample gets. */
function assign(
  options: OptimalTransportOptions,
  { cost, batch, step }: { cost: Float64Array; batch: number; step: number },
): Int32Array {
  if (options.method !== 'sinkhorn') return linearAssignment(cost, batch)
  const { method: _, rng, ...smoothing } = options
  return pick(sinkhorn(cost, batch, smoothing), rng.fork(step).uniforms(batch))
}

/** |x_i - z_j|² / D for each i and j, without the terms that are equal in a row or column: they don't change the optimum. */
async function meanSquares({ x, z }: Pairs): Promise<Float64Array> {
  const products = tf.tidy(() => {
    const [rows, columns] = [x, z].map(tensor => tf.reshape(tensor, [x.shape[0], -1])) as [
      tf.Tensor2D,
      tf.Tensor2D,
    ]
    return tf.matMul(tf.mul(rows, -2 / (rows.shape[1] as number)), columns, false, true)
  })
  try {
    return Float64Array.from(await products.data())
  } finally {
    products.dispose()
  }
}

/** Draw a column for each row of the plan, with one uniform number for each row. */
function pick(plan: Float64Array, uniforms: Float32Array): Int32Array {
  const n = uniforms.length
  return Int32Array.from(uniforms, (u, i) => {
    const row = plan.subarray(i * n, (i + 1) * n)
    let left = u * row.reduce((sum, p) => sum + p, 0)
    for (let j = 0; j < n - 1; j++) {
      left -= row[j]!
      if (left < 0) return j
    }
    return n - 1
  })
}

export const optimalTransportChoice: Choice<Coupling, object, { coupling: Coupling }> = {
  help: 'pairs every batch again at the smallest distance: straighter paths',
  options: {},
  needs: ['coupling'],
  make: (_, { coupling }) => optimalTransportCoupling(coupling),
}

export const sinkhornChoice: Choice<Coupling, SinkhornOptions, { coupling: Coupling; rng: Rng }> = {
  help: 'pairs every batch again by an entropic transport plan',
  options: {
    epsilon: { type: 'number', help: 'how much the plan is smoothed, in units of the mean squared distance' },
    tolerance: { type: 'number', default: 1e-3, help: 'largest relative error of row and column sums' },
    iterations: { type: 'number', default: 10_000, help: 'the most iterations before it gives up' },
  },
  needs: ['coupling'],
  make: (options, { coupling, rng }) =>
    optimalTransportCoupling(coupling, { method: 'sinkhorn', rng: rng.fork('sinkhorn'), ...options }),
}
