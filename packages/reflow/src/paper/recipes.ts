import { checkOneOf, type Premetric, type TimestepDistribution } from '@rectified-flow/core'
import { type ImageDistance, lpipsHuber, pseudoHuber, squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { uniform, uShaped } from '@rectified-flow/timestep-dists'

/** The paper's configurations for training on a teacher's pairs, by the letters of its table 1. */
export const RECIPES = ['B', 'C', 'D', 'E', 'F'] as const
export type RecipeName = (typeof RECIPES)[number]

/** What one configuration adds to the pairs and the initial weights. */
export interface Recipe {
  timesteps: TimestepDistribution
  premetric: Premetric
}

/**
 * A configuration of "Improving the Training of Rectified Flows" (arXiv 2405.20320, table 1):
 *
 *   B  uniform t, squared L2 (plain 2-rectified flow)
 *   C  U-shaped t, squared L2
 *   D  U-shaped t, pseudo-Huber
 *   E  U-shaped t, LPIPS-Huber
 *   F  U-shaped t, LPIPS-Huber with the perceptual term over t
 *
 * @param distance  the perceptual distance, which E and F need
 */
export function recipe(name: RecipeName, distance?: ImageDistance): Recipe {
  const where = 'reflow.recipe'
  checkOneOf(where, 'name', name, RECIPES)
  if (name === 'B') return { timesteps: uniform(), premetric: squaredL2 }
  if (name === 'C') return { timesteps: uShaped(), premetric: squaredL2 }
  if (name === 'D') return { timesteps: uShaped(), premetric: pseudoHuber() }
  if (!distance) throw new TypeError(`${where}: distance must be given for recipe ${name}, got undefined.`)
  return { timesteps: uShaped(), premetric: lpipsHuber(distance, { divideByT: name === 'F' }) }
}
