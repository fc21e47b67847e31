import { checkInt, checkNumber, checkOptions, type OptionNames } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { noisePredictor } from './noise-predictor.js'
import type { Preconditioner } from './preconditioner.js'

export interface IddpmOptions {
  /** Lower bound for the ratio of neighbouring signal levels. */
  c1?: number
  /** Offset of the cosine schedule. */
  c2?: number
  /** Number of noise levels. */
  steps?: number
}

const iddpmNames: OptionNames<IddpmOptions> = {
  c1: 'optional',
  c2: 'optional',
  steps: 'optional',
}

/**
 * The network of improved DDPM (Nichol and Dhariwal, arXiv 2102.09672) in the form of Karras et al. (arXiv 2206.00364,
 * table 1). Where the network's output has more channels than x (its learned variances), only the first ones are used.
 *
 *   D(x, σ) = x - σ F(x/sqrt(σ²+1), M-1-j),  v as for vp; u_j, j < M, is the level nearest to σ, M = steps
 *   u_M = 0, u_{j-1} = sqrt((u_j² + 1) / max(a_{j-1}/a_j, c1) - 1), a_j = sin²(π/2 · j / (M (c2 + 1)))
 */
export function iddpm(options: IddpmOptions = {}): Preconditioner {
  checkOptions('unet.iddpm', options, iddpmNames)
  const { c1 = 0.001, c2 = 0.008, steps = 1000 } = options
  checkNumber('unet.iddpm', 'c1', c1, 0)
  checkNumber('unet.iddpm', 'c2', c2, 0)
  checkInt('unet.iddpm', 'steps', steps, 1)
  const levels = iddpmLevels(c1, c2, steps)
  return noisePredictor('iddpm', { sign: 1, scaled: true }, sigma => {
    const distance = tf.abs(tf.sub(tf.reshape(sigma, [-1, 1]), tf.tensor1d(levels)))
    return tf.sub(steps - 1, tf.cast(tf.argMin(distance, 1), 'float32')) as tf.Tensor1D
  })
}

/** The levels from u_0, the largest, to u_{M-1}. */
function iddpmLevels(c1: number, c2: number, steps: number): number[] {
  const signal = (j: number) => Math.sin(((Math.PI / 2) * j) / (steps * (c2 + 1))) ** 2
  const levels = new Array<number>(steps)
  let level = 0
  for (let j = steps; j > 0; j--) {
    level = Math.sqrt((level ** 2 + 1) / Math.max(signal(j - 1) / signal(j), c1) - 1)
    levels[j - 1] = level
  }
  return levels
}
