import type { Choice, Coupling, Pairs, Rng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { linearAssignment } from '../transport/linear-assignment.js'
import { type SinkhornOptions, sinkhorn } from '../transport/sinkhorn.js'

export type OptimalTransportOptions =
  | { method?: 'exact' }
  | ({
      method: 'sinkhorn'
      /** Picks each data's noise from its row of the plan; step k uses rng.fork(k). */
      rng: Rng
    } & SinkhornOptions)

/**
 * Pair the data and the noise of every batch anew, so that the mean squared distance between them is the least there is
 * ('exact'), or nearly so ('sinkhorn': epsilon in units of that mean, per number of a sample). Straighter paths than those
 * of independent pairs, the more so the larger the batch. Labels stay with their data.
 *
 * @param coupling  where data and noise come from: `independentCoupling`, say
 * @see Pooladian et al., Multisample Flow Matching, arXiv 2304.14772; Tong et al., Improving and Generalizing Flow-Based
 *      Generative Models with Minibatch Optimal Transport, arXiv 2302.00482
 */
export function optimalTransportCoupling(
  coupling: Coupling,
  options: OptimalTransportOptions = {},
): Coupling {
  return {
    async draw(step, batch) {
      const pairs = await coupling.draw(step, batch)
      try {
        const cost = await meanSquares(pairs)
        const order =
          options.method === 'sinkhorn'
            ? pick(sinkhorn(cost, batch, options), options.rng.fork(step).uniforms(batch))
            : linearAssignment(cost, batch)
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

/** |x_i - z_j|² / D for each i and j, less what is the same for all in a row or a column: that moves no optimum. */
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

/** A column for each row, by its row of the plan and a uniform number. */
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
  help: 'every batch paired anew, as near as can be: straighter paths',
  options: {},
  needs: ['coupling'],
  make: (_, { coupling }) => optimalTransportCoupling(coupling),
}

export const sinkhornChoice: Choice<Coupling, SinkhornOptions, { coupling: Coupling; rng: Rng }> = {
  help: 'every batch paired anew, by an entropic plan',
  options: {
    epsilon: { type: 'number', help: 'how much the plan is smoothed, in units of the mean squared distance' },
    tolerance: { type: 'number', default: 1e-3, help: 'sums are right to within this share' },
    iterations: { type: 'number', default: 10_000, help: 'the most of them before it gives up' },
  },
  needs: ['coupling'],
  make: (options, { coupling, rng }) =>
    optimalTransportCoupling(coupling, { method: 'sinkhorn', rng: rng.fork('sinkhorn'), ...options }),
}
