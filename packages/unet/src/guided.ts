import {
  alongBatch,
  batchOf,
  checkFunction,
  checkKind,
  checkNumber,
  checkOptions,
  checkTensor,
  describe,
  type Field,
  type OptionNames,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

export interface GuidanceOptions {
  /** Times [from, to] of the guidance. Outside of them the result is the conditional field alone. */
  interval?: readonly [number, number]
}

const guidanceNames: OptionNames<GuidanceOptions> = {
  interval: 'optional',
}

/**
 * Classifier-free guidance of any two fields (Ho and Salimans, arXiv 2207.12598), in an interval of noise levels
 * (Kynkäänniemi et al., arXiv 2404.07724); σ = t/(1-t) there.
 *
 *   v = u + scale (c - u)
 *
 * @param conditional    c, x [B,...], t [B] to [B,...]
 * @param unconditional  u: the network with no labels, or a weaker one (Karras et al., arXiv 2406.02507)
 * @param scale          1 gives c, 0 gives u
 */
export function guided(
  conditional: Field,
  unconditional: Field,
  scale: number,
  options: GuidanceOptions = {},
): Field {
  checkOptions('unet.guided', options, guidanceNames)
  const { interval = [0, 1] } = options
  const where = 'unet.guided'
  checkFunction(where, 'conditional', conditional)
  checkFunction(where, 'unconditional', unconditional)
  checkNumber(where, 'scale', scale)
  checkKind(where, 'interval', interval, 'a list of two times', ['length'])
  const [from, to] = interval
  if (!(from >= 0 && from <= to && to <= 1))
    throw new RangeError(
      `unet.guided: interval must be times 0 <= from <= to <= 1, got ${describe(interval)}.`,
    )
  return (x, t) => {
    checkTensor(where, 'x', x, ['B', '...'])
    checkTensor(where, 't', t, [batchOf(x)])
    return tf.tidy(() => {
      const [c, u] = [conditional(x, t), unconditional(x, t)]
      checkTensor(where, 'conditional(x, t)', c, x.shape)
      checkTensor(where, 'unconditional(x, t)', u, x.shape)
      const inside = tf.logicalAnd(tf.greaterEqual(t, from), tf.lessEqual(t, to))
      const weight = tf.add(tf.mul(tf.cast(inside, 'float32'), scale - 1), 1)
      return tf.add(u, tf.mul(alongBatch(weight, x), tf.sub(c, u)))
    })
  }
}
