import * as tf from '@tensorflow/tfjs-core'
import { checkOptions, type OptionNames } from '../check-options.js'
import { checkNumber } from '../checks.js'
import { constant } from './constant.js'
import { checkTangents, type JacobianVector } from './jacobian-vector.js'

export interface CentralDifferenceOptions {
  /** h, how far the inputs move. The error falls as h², while rounding grows as 1/h. */
  step?: number
}

const centralDifferenceNames: OptionNames<CentralDifferenceOptions> = { step: 'optional' }

/**
 * The Jacobian-vector product from two values of f, neither of them on a tape: it needs no gradient of f.
 *
 *   (f(inputs + h tangents) - f(inputs - h tangents)) / (2 h)
 *
 * The default h = 3e-3 is near the best for inputs and tangents of size 1, the cube root of float32's rounding. Where f changes
 * fast within h, the product is an average over 2 h.
 */
export function centralDifference(options: CentralDifferenceOptions = {}): JacobianVector {
  checkOptions('core.centralDifference', options, centralDifferenceNames)
  const { step = 3e-3 } = options
  checkNumber('core.centralDifference', 'step', step, Number.MIN_VALUE)
  return (f, inputs, tangents) => {
    checkTangents('core.centralDifference', f, inputs, tangents)
    return constant(() => {
      const at = (h: number) => f(inputs.map((input, i) => tf.add(input, tf.mul(tangents[i]!, h))))
      return tf.div(tf.sub(at(step), at(-step)), 2 * step)
    })
  }
}
