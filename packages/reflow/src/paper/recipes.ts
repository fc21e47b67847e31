import { checkOneOf, makeChosen, type Premetric, type TimestepDistribution } from '@rectified-flow/core'
import { type ImageDistance, premetrics } from '@rectified-flow/losses-lpips-huber'
import { timestepDistributions } from '@rectified-flow/timestep-dists'

/**
 * The paper's configurations for training on a teacher's pairs, by the letters of its table 1, as choices of the lists
 * `timestepDistributions` and `premetrics`:
 *
 *   B  uniform t, squared L2 (plain 2-rectified flow)
 *   C  U-shaped t, squared L2
 *   D  U-shaped t, pseudo-Huber
 *   E  U-shaped t, LPIPS-Huber
 *   F  U-shaped t, LPIPS-Huber with the perceptual term over t
 *
 * @see Lee, Lin, Fanti, Improving the Training of Rectified Flows, arXiv 2405.20320, table 1
 */
export const RECIPES = {
  B: { timesteps: { name: 'uniform' }, premetric: { name: 'squaredL2' } },
  C: { timesteps: { name: 'uShaped' }, premetric: { name: 'squaredL2' } },
  D: { timesteps: { name: 'uShaped' }, premetric: { name: 'pseudoHuber' } },
  E: { timesteps: { name: 'uShaped' }, premetric: { name: 'lpipsHuber' } },
  F: { timesteps: { name: 'uShaped' }, premetric: { name: 'lpipsHuber', divideByT: true } },
} as const

export type RecipeName = keyof typeof RECIPES
export const RECIPE_NAMES = Object.keys(RECIPES) as RecipeName[]

/** The timesteps and the loss of one configuration; pairs and initial weights are not part of a recipe. */
export interface Recipe {
  timesteps: TimestepDistribution
  premetric: Premetric
}

/**
 * A recipe, ready for a trainer.
 *
 * @param distance  the perceptual distance, which E and F need
 */
export function recipe(name: RecipeName, distance?: ImageDistance): Recipe {
  const where = 'reflow.recipe'
  checkOneOf(where, 'name', name, RECIPE_NAMES)
  const { timesteps, premetric } = RECIPES[name]
  return {
    timesteps: makeChosen(where, timestepDistributions, timesteps),
    premetric: makeChosen(where, premetrics, premetric, { distance }),
  }
}
