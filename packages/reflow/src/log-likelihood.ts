import {
  batchOf,
  checkFunction,
  checkGradients,
  checkInt,
  checkOneOf,
  checkOptions,
  checkRng,
  checkTensor,
  describe,
  drawNormal,
  type Field,
  type OptionNames,
  oneHot,
  type Rng,
} from '@rectified-flow/core'
import { type Grid, heun, type Method, solve } from '@rectified-flow/ode'
import * as tf from '@tensorflow/tfjs-core'
import { signs } from './internal/signs.js'
import { type Vectors, withIntegral } from './internal/with-divergence.js'

/** The default grid goes from EDGE to 1 - EDGE: velocities made from denoisers have no values at 0 and 1. */
const EDGE = 1e-5

export type LogLikelihoodOptions = Grid & {
  method?: Method
  /** 'hutchinson' estimates the divergence with random probes, 'exact' uses D vector products for each call. */
  divergence?: 'hutchinson' | 'exact'
  /** Probes for each sample; the error of the estimate falls as 1 / sqrt(probes). */
  probes?: number
  probe?: 'rademacher' | 'gaussian'
  /** Draws the probes; 'exact' needs none. */
  rng?: Rng
}

const logLikelihoodNames: OptionNames<LogLikelihoodOptions> = {
  times: 'optional',
  steps: 'optional',
  span: 'optional',
  method: 'optional',
  divergence: 'optional',
  probes: 'optional',
  probe: 'optional',
  rng: 'optional',
}

/**
 * The log-density of data under a flow, by the instantaneous change of variables:
 *
 *   log p_0(x_0) = log N(x_1; 0, I) + ∫_0^1 div v(x_t, t) dt
 *
 * Random probes e (drawn once for the whole path, E[e e'] = I) give div v = E[e' (dv/dx) e] from vector-Jacobian products.
 * The integral runs over the grid's rising times (by default 32 steps from 1e-5 to 1 - 1e-5), by any method of `ode`.
 *
 * @param field  velocity, x [B,...] and t [B] to [B,...], differentiable by tf.grad
 * @param x      data [B,...]
 * @returns      log-densities in nats [B], the noise that x flows to [B,...], and the number of network calls, each with
 *               its backward pass
 * @see Chen et al., Neural Ordinary Differential Equations, arXiv 1806.07366, theorem 1
 * @see Grathwohl et al., FFJORD, arXiv 1810.01367
 */
export function logLikelihood<X extends tf.Tensor>(
  field: Field<X>,
  x: X,
  options: LogLikelihoodOptions,
): { logLikelihood: tf.Tensor1D; z: X; nfe: number } {
  const where = 'reflow.logLikelihood'
  checkOptions(where, options, logLikelihoodNames)
  const { method = heun, divergence = 'hutchinson', probes = 1, probe = 'rademacher', rng, ...grid } = options
  checkGradients(where)
  checkFunction(where, 'field', field)
  checkTensor(where, 'x', x, ['B', '...'])
  checkOneOf(where, 'divergence', divergence, ['hutchinson', 'exact'])
  checkOneOf(where, 'probe', probe, ['rademacher', 'gaussian'])
  checkInt(where, 'probes', probes, 1)
  if (divergence === 'hutchinson' && !rng)
    throw new TypeError(`${where}: rng must be given for divergence 'hutchinson', got ${describe(rng)}.`)
  if (rng !== undefined) checkRng(where, rng)
  const batch = batchOf(x)
  const dims = x.size / batch
  return tf.tidy(() => {
    const vectors = rng && divergence === 'hutchinson' ? draw(rng, probes, probe, x.shape) : units(x.shape)
    const augmented = withIntegral(field, x.shape, vectors)
    const start = tf.concat([tf.reshape(x, [batch, dims]), tf.zeros([batch, 1])], 1)
    const span = grid.times ? grid : { span: [EDGE, 1 - EDGE] as const, ...grid }
    const end = solve(augmented, start, { method, ...span })
    const z = tf.slice(end.x, [0, 0], [batch, dims])
    const change = tf.reshape(tf.slice(end.x, [0, dims], [batch, 1]), [batch])
    return {
      logLikelihood: tf.add(normalLogDensity(z), change) as tf.Tensor1D,
      z: tf.reshape(z, x.shape) as X,
      nfe: end.nfe * vectors.count,
    }
  })
}

function draw(rng: Rng, count: number, probe: 'rademacher' | 'gaussian', shape: number[]): Vectors {
  const all = Array.from({ length: count }, (_, i) => {
    const vector = drawNormal(rng.fork(i), shape)
    return probe === 'gaussian' ? vector : signs(vector)
  })
  return { count, at: i => tf.clone(all[i]!), weight: 1 / count }
}

/** The D unit vectors, whose products add up to the trace. */
function units(shape: number[]): Vectors {
  const [batch, ...tail] = shape as [number, ...number[]]
  const count = tf.util.sizeFromShape(tail)
  const at = (i: number) =>
    tf.tile(tf.reshape(oneHot([i], count), [1, ...tail]), [batch, ...tail.map(() => 1)])
  return { count, at, weight: 1 }
}

/** The log-density of z [B,D] under the standard normal distribution, [B]. */
function normalLogDensity(z: tf.Tensor): tf.Tensor {
  const dims = z.shape[1]!
  return tf.mul(tf.add(tf.sum(tf.square(z), 1), dims * Math.log(2 * Math.PI)), -0.5)
}
