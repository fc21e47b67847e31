import {
  batchOf,
  checkOneOf,
  checkOptions,
  checkTensor,
  describe,
  type Field,
  type OptionNames,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { withIntegral } from './internal/with-divergence.js'
import { INVERSION_START, invert } from './invert.js'
import { planSampling, type SamplerOptions } from './sampler.js'
import { type Walk, walkToEnd } from './walk.js'

/** What `measuredSample` can measure of a path; names for a store's `quality`. */
export const pairMeasures = ['length', 'divergence', 'inversionError'] as const
export type PairMeasure = (typeof pairMeasures)[number]

export interface MeasuredSampleOptions<X extends tf.Tensor = tf.Tensor>
  extends Pick<SamplerOptions, 'steps' | 'startTime' | 'times' | 'method' | 'compile'> {
  measures: readonly PairMeasure[]
  /** Numbers 1 and -1 for the estimate of the divergence [B,...]; `generatePairs` draws them. */
  probe?: X | undefined
}

const measuredSampleNames: OptionNames<MeasuredSampleOptions> = {
  measures: 'required',
  probe: 'optional',
  steps: 'optional',
  startTime: 'optional',
  times: 'optional',
  method: 'optional',
  compile: 'optional',
}

/**
 * `sample`, and measures of every sample's path:
 *
 *   length           the path's length over that of its chord, sum over i of |x_{i+1} - x_i| / |x_N - x_0|; 1 if it is straight
 *   divergence       ∫_0^1 div v(x_t, t) dt in nats, by the sampler's method and from one probe e: div v = E[e' (dv/dx) e]. It is what
 *                    `logLikelihood` adds to the density of the noise: where it is large, the data are dense
 *   inversionError   root of the mean squared difference between the noise and what the way back on the same grid makes of the sample.
 *                    Its first state is a little of the noise, as in `invert`
 *
 * A divergence needs a backward pass for each network call, an inversion error as many calls again.
 *
 * @param field  velocity, x [B,...] and t [B] to [B,...]; differentiable by tf.grad for a divergence
 * @param z      standard normal noise [B,...]
 * @returns      samples [B,...], the network calls for each, and each measure [B]
 * @see Grathwohl et al., FFJORD, arXiv 1810.01367, section 3.1, for the estimate of the divergence
 */
export function measuredSample<X extends tf.Tensor>(
  field: Field<X>,
  z: X,
  options: MeasuredSampleOptions<X>,
): { x: X; nfe: number; quality: Record<PairMeasure, tf.Tensor1D> } {
  const where = 'reflow.measuredSample'
  checkOptions(where, options, measuredSampleNames)
  const { measures, probe, ...rest } = options
  for (const [i, name] of measures.entries()) checkOneOf(where, `measures[${i}]`, name, pairMeasures)
  const plan = planSampling(where, field, z, rest)
  if (measures.includes('divergence')) {
    if (!probe)
      throw new TypeError(`${where}: probe must be given for the divergence, got ${describe(probe)}.`)
    checkTensor(where, 'probe', probe, z.shape)
  }
  return tf.tidy(() => {
    const path = measures.includes('divergence') ? withProbe(plan, z, probe!) : plain(plan, z)
    const quality: Partial<Record<PairMeasure, tf.Tensor1D>> = {}
    if (measures.includes('length')) quality.length = path.length
    if (path.divergence) quality.divergence = path.divergence
    let { nfe } = path
    if (measures.includes('inversionError')) {
      const back = path.x
      const times = [INVERSION_START, ...plan.times.filter(t => t > INVERSION_START).reverse()]
      const { method, compile } = rest
      const found = invert(field, back, {
        noise: z,
        times,
        ...(method && { method }),
        ...(compile !== undefined && { compile }),
      })
      nfe += found.nfe
      const squares = tf.squaredDifference(found.z, plan.start())
      quality.inversionError = tf.sqrt(tf.mean(flat(squares), 1)) as tf.Tensor1D
    }
    return { x: path.x, nfe, quality: quality as Record<PairMeasure, tf.Tensor1D> }
  })
}

interface Path<X extends tf.Tensor> {
  x: X
  nfe: number
  length: tf.Tensor1D
  divergence?: tf.Tensor1D
}

function plain<X extends tf.Tensor>(plan: Walk<X>, z: X): Path<X> {
  const meter = lengthMeter(flat(plan.start()))
  const { x, nfe } = walkToEnd(plan, ({ x }) => meter.add(flat(x)))
  return { x: x as typeof z, nfe, length: meter.length() }
}

/** The same walk of [B,D+1], where the last column is the integral of the divergence. */
function withProbe<X extends tf.Tensor>(plan: Walk<X>, z: X, probe: X): Path<X> {
  const batch = batchOf(z)
  const dims = z.size / batch
  const state = (y: tf.Tensor) => tf.slice(y, [0, 0], [batch, dims]) as tf.Tensor2D
  const vectors = { count: 1, at: () => tf.clone(probe), weight: 1 }
  const start = () => tf.concat([flat(plan.start()), tf.zeros([batch, 1])], 1)
  const meter = lengthMeter(state(start()))
  const { method } = plan
  const end = walkToEnd<tf.Tensor>(
    {
      ...plan,
      field: withIntegral(plan.field, z.shape, vectors),
      compile: false, // a field that is made for one call
      start,
      method: () => method(z),
    },
    ({ x }) => meter.add(state(x)),
  )
  // The sampler goes from 1 to 0, the integral the other way.
  const integral = tf.neg(tf.reshape(tf.slice(end.x, [0, dims], [batch, 1]), [batch]))
  return {
    x: tf.reshape(state(end.x), z.shape) as X,
    nfe: end.nfe,
    length: meter.length(),
    divergence: integral as tf.Tensor1D,
  }
}

const flat = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [batchOf(x), -1])

/** The length of a path over that of its chord [B], from its states [B,D] one after another. */
function lengthMeter(first: tf.Tensor2D) {
  let last = first
  let total: tf.Tensor = tf.zeros([batchOf(first)])
  const apart = (a: tf.Tensor2D, b: tf.Tensor2D) => tf.norm(tf.sub(a, b), 2, 1)
  return {
    add(state: tf.Tensor2D): void {
      total = tf.add(total, apart(state, last))
      last = tf.clone(state)
    },
    length: () => tf.divNoNan(total, apart(last, first)) as tf.Tensor1D,
  }
}
