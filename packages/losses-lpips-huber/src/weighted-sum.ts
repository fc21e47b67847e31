import { batchOf, checkFunction, checkTensor, type LossContext, type Premetric } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/** A premetric and its weight in a sum: a number, or a function of the time t [B] -> [B]. 1 by default. */
export interface WeightedTerm {
  premetric: Premetric
  weight?: number | ((t: tf.Tensor1D) => tf.Tensor1D)
}

/** A weighted sum of premetrics is a premetric; `parts` gives its weighted terms by name, [B] each, for logging. */
export interface WeightedSum<Name extends string> extends Premetric {
  parts(prediction: tf.Tensor, target: tf.Tensor, context: LossContext): Record<Name, tf.Tensor1D>
}

/**
 * Sum premetrics with weights that may depend on time.
 *
 *     weightedSum({ huber: { premetric: pseudoHuber() }, mse: { premetric: squaredL2, weight: t => tf.sub(1, t) } })
 */
export function weightedSum<Name extends string>(
  terms: Readonly<Record<Name, WeightedTerm>>,
): WeightedSum<Name> {
  const where = 'losses-lpips-huber.weightedSum'
  const parts: WeightedSum<Name>['parts'] = (prediction, target, context) => {
    checkTensor(where, 'prediction', prediction, ['B', '...'])
    checkTensor(where, 't', context.t, [batchOf(prediction)])
    return tf.tidy(() => {
      const weighted = {} as Record<Name, tf.Tensor1D>
      for (const name in terms) {
        const { premetric, weight = 1 } = terms[name]
        checkFunction(where, `${name}.premetric`, premetric)
        const value = premetric(prediction, target, context)
        checkTensor(where, `${name}.premetric(prediction, target, context)`, value, [batchOf(prediction)])
        weighted[name] = tf.mul(value, typeof weight === 'number' ? weight : weight(context.t))
      }
      return weighted
    })
  }
  const total: Premetric = (prediction, target, context) =>
    tf.tidy(() => tf.addN(Object.values<tf.Tensor1D>(parts(prediction, target, context))))
  return Object.assign(total, { parts })
}
