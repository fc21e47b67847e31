import {
  alongBatch,
  batchOf,
  checkFunction,
  checkKind,
  checkNumber,
  checkOptions,
  checkTensor,
  dataPrediction,
  describe,
  type Field,
  type OptionNames,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

export interface GuidanceOptions {
  /** How far to go from the guide: 1 gives the field itself, 0 the guide. */
  scale: number
  /** Times [from, to] of the guidance; [0, 1] by default. Outside of them the result is the field itself. */
  interval?: readonly [number, number]
  /**
   * How much of the field's own contrast to restore, in [0, 1]; 0 by default. Guidance spreads the pixels of the predicted data
   * further; with 1 their standard deviation in a sample is that of the field's prediction.
   */
  rescale?: number
}

const guidanceNames: OptionNames<GuidanceOptions> = {
  scale: 'required',
  interval: 'optional',
  rescale: 'optional',
}

/**
 * A field that goes away from a guide, which is worse in the way that is to be avoided:
 *
 *   v = g + scale (f - g)
 *
 * If the guide is the same network without labels, this is classifier-free guidance (Ho and Salimans, arXiv 2207.12598). If it is a
 * smaller or less trained network with the same labels, it is autoguidance (Karras et al., arXiv 2406.02507). An interval of noise
 * levels is from Kynkäänniemi et al. (arXiv 2404.07724), with σ = t/(1-t); rescaling from Lin et al. (arXiv 2305.08891, section 3.4),
 * here of the data predictions x_t - t v, about their mean: latents have a mean near 0, and images would lose their brightness. Both
 * fields are called at every time.
 *
 * @param field  f, x [B,...] and t [B] to [B,...]
 * @param guide  g, of the same shapes
 */
export function guided<X extends tf.Tensor>(
  field: Field<X>,
  guide: Field<X>,
  options: GuidanceOptions,
): Field<X> {
  const where = 'unet.guided'
  checkOptions(where, options, guidanceNames)
  checkFunction(where, 'field', field)
  checkFunction(where, 'guide', guide)
  const { scale, interval = [0, 1], rescale = 0 } = options
  checkNumber(where, 'scale', scale)
  checkKind(where, 'interval', interval, 'a list of two times', ['length'])
  const [from, to] = interval
  if (!(from >= 0 && from <= to && to <= 1))
    throw new RangeError(`${where}: interval must be times 0 <= from <= to <= 1, got ${describe(interval)}.`)
  checkNumber(where, 'rescale', rescale, 0, 1)
  return (x, t) => {
    checkTensor(where, 'x', x, ['B', '...'])
    checkTensor(where, 't', t, [batchOf(x)])
    return tf.tidy(() => {
      const [f, g] = [field(x, t), guide(x, t)]
      checkTensor(where, 'field(x, t)', f, x.shape)
      checkTensor(where, 'guide(x, t)', g, x.shape)
      const inside = tf.logicalAnd(tf.greaterEqual(t, from), tf.lessEqual(t, to))
      const extra = alongBatch(tf.mul(tf.cast(inside, 'float32'), scale - 1), x)
      const push = tf.mul(extra, tf.sub(f, g))
      const v = tf.add(f, push)
      return rescale === 0 ? v : tf.add(v, tf.mul(contrast(x, t, f, v, push), rescale))
    })
  }
}

/** Below the variance of any image that isn't of one colour; it keeps the divisors from 0. */
const TINY = 1e-12

/**
 * What to add to v, so that its data prediction D = x - t v keeps its mean and has the standard deviation of F = x - t f in each
 * sample. That is (D - mean(D)) (1 - s) / t with s = std(F) / std(D). Near t = 0 the difference would lose its digits, so it is
 * computed from
 *
 *   var(D) = var(F) (1 + t r)     r = (t var(v - f) - 2 cov(F, v - f)) / var(F)     (1 - s) / t = r / (q (q + 1)), q² = 1 + t r
 */
function contrast(x: tf.Tensor, t: tf.Tensor1D, f: tf.Tensor, v: tf.Tensor, push: tf.Tensor): tf.Tensor {
  const mean = (values: tf.Tensor) => tf.mean(values, axesOf(x), true)
  const centred = (values: tf.Tensor) => tf.sub(values, mean(values))
  const times = alongBatch(t, x)
  const plain = centred(dataPrediction(x, f, t))
  const moved = centred(push)
  const change = tf.sub(tf.mul(times, mean(tf.square(moved))), tf.mul(2, mean(tf.mul(plain, moved))))
  const r = tf.div(change, tf.maximum(mean(tf.square(plain)), TINY))
  const q = tf.sqrt(tf.maximum(tf.add(1, tf.mul(times, r)), TINY))
  return tf.mul(centred(dataPrediction(x, v, t)), tf.div(r, tf.mul(q, tf.add(q, 1))))
}

const axesOf = ({ rank }: tf.Tensor) => Array.from({ length: rank - 1 }, (_, i) => i + 1)
