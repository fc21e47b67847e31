import {
  checkFunction,
  checkKind,
  checkNumber,
  checkOptions,
  checkTensor,
  dataPrediction,
  optionNames,
  type Premetric,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { ImageDistance } from './perceptual-distance.js'
import type { PremetricChoice } from './premetric-choice.js'
import { type PseudoHuberOptions, pseudoHuber, pseudoHuberOptions } from './pseudo-huber.js'
import { type WeightedSum, weightedSum } from './weighted-sum.js'

const WHERE = 'losses-lpips-huber.lpipsHuber'

export interface LpipsHuberOptions extends PseudoHuberOptions {
  /** Multiply the perceptual term by 1/t: the paper's LPIPS-Huber-1/t. */
  divideByT?: boolean
  /** Multiply the perceptual term by this too; 1 is right for LPIPS itself. */
  perceptualWeight?: number
}

/**
 * The loss of 2-rectified flow++: pseudo-Huber between velocities, and a perceptual distance between the data and the data
 * that the predicted velocity leads to.
 *
 *   (1 - t) huber(v, z - x) + weight · distance(x_t - t v, x)         [ · 1/t ]
 *
 * At t = 0 the perceptual term with 1/t is 0, which is its limit: the distance falls as t^2.
 *
 * @param distance  a perceptual distance; its first argument gets the gradient
 * @returns         a premetric, with `parts` for logging: the weighted terms 'huber' and 'perceptual'
 * @see Lee, Lin, Fanti, arXiv 2405.20320
 */
export function lpipsHuber(
  distance: ImageDistance,
  options: LpipsHuberOptions = {},
): WeightedSum<'huber' | 'perceptual'> {
  checkOptions(WHERE, options, optionNames(lpipsHuberChoice))
  const { divideByT = false, perceptualWeight = 1, ...huber } = options
  checkFunction(WHERE, 'distance', distance)
  checkNumber(WHERE, 'perceptualWeight', perceptualWeight, 0)
  return weightedSum({
    huber: { premetric: pseudoHuber(huber), weight: t => tf.sub(1, t) },
    perceptual: {
      premetric: onData(distance),
      weight: divideByT ? t => tf.divNoNan(perceptualWeight, t) : perceptualWeight,
    },
  })
}

/** A distance between the data x and the data prediction x_t - t v, as a premetric of v. */
function onData(distance: ImageDistance): Premetric {
  return (prediction, _target, context) => {
    checkKind(WHERE, 'context', context, 'an object of t, xt and x', ['t', 'xt', 'x'])
    const { t, xt, x } = context
    checkTensor(WHERE, 'prediction', prediction, ['B', 'H', 'W', 'C'])
    checkTensor(WHERE, 'xt', xt, prediction.shape)
    checkTensor(WHERE, 'x', x, prediction.shape)
    return tf.tidy(() => {
      const value = distance(dataPrediction(xt, prediction, t) as tf.Tensor4D, x as tf.Tensor4D)
      checkTensor(WHERE, 'distance(a, b)', value, [x.shape[0]!])
      return value
    })
  }
}

export const lpipsHuberChoice: PremetricChoice<LpipsHuberOptions> = {
  help: 'pseudo-Huber of velocities plus a perceptual distance of images: 2-rectified flow++',
  options: {
    divideByT: { type: 'boolean', default: false, help: 'multiply the perceptual term by 1/t' },
    perceptualWeight: { type: 'number', default: 1, help: 'multiply the perceptual term by this too' },
    ...pseudoHuberOptions,
  },
  needs: ['distance'],
  make: (options, { distance }) => lpipsHuber(distance, options),
}
