import { embeddedPair } from '../embedded-pair.js'

/**
 * Bogacki and Shampine's pair 3(2), with cubic Hermite dense output. Order 3, 3 calls a step: the velocity at a step's
 * end is the first of the next step.
 *
 * @see Bogacki, Shampine, A 3(2) pair of Runge-Kutta formulas, Applied Mathematics Letters 2 (1989)
 */
export const bosh3 = embeddedPair({
  name: 'bosh3',
  order: 3,
  a: [[], [1 / 2], [0, 3 / 4]],
  b: [2 / 9, 1 / 3, 4 / 9],
  c: [0, 1 / 2, 3 / 4],
  errors: [{ order: 2, weights: [-5 / 72, 1 / 12, 1 / 9, -1 / 8] }],
})
