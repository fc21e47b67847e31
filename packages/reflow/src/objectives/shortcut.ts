import { checkInt, checkNumber, checkOptions, type OptionNames } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import * as tf from '@tensorflow/tfjs-core'
import type { IntervalDistribution, ObjectiveOptions } from './objective.js'
import { twoStep } from './two-step.js'

export interface ShortcutOptions {
  /** The finest grid has 2^levels steps; 7, as in the paper, are 128. */
  levels?: number
  /** The share of intervals with r < t; the others train the velocity. */
  share?: number
}

const shortcutNames: OptionNames<ShortcutOptions> = { levels: 'optional', share: 'optional' }

/**
 * Shortcut models: a step of a dyadic grid against the two steps of half its length. The shortest steps are taken with the
 * velocity.
 *
 *   t - r = 1, 1/2, ... 2^(1 - levels), r a multiple of t - r, s = (t + r)/2
 *
 * @see Frans et al., One Step Diffusion via Shortcut Models, arXiv 2410.12557, section 3
 */
export function shortcut(options: ShortcutOptions = {}): ObjectiveOptions {
  const where = 'reflow.shortcut'
  checkOptions(where, options, shortcutNames)
  const { levels = 7, share = 0.25 } = options
  checkInt(where, 'levels', levels, 1, 20)
  checkNumber(where, 'share', share, 0, 1)
  return {
    objective: twoStep({ base: 2 ** -levels }),
    timesteps: dyadicIntervals(levels, share),
    premetric: squaredL2,
  }
}

function dyadicIntervals(levels: number, share: number): IntervalDistribution {
  return {
    sample(n, rng) {
      const [apart, level, place] = ['apart', 'level', 'place'].map(name => rng.fork(name).uniforms(n))
      const rows = Array.from({ length: n }, (_, i) => {
        const q = place![i]!
        if (apart![i]! >= share) return [q, q, q]
        const pieces = 2 ** Math.floor(level![i]! * levels)
        const r = Math.floor(q * pieces) / pieces
        return [r + 1 / pieces, r + 0.5 / pieces, r]
      })
      return tf.tensor2d(rows, [n, 3])
    },
  }
}
