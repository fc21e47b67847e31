import { expect, it } from 'vitest'
import { judge } from '../claims.js'
import { estimate, pairedDifference } from '../statistics.js'

it('gives means with standard errors, and means of differences seed by seed', () => {
  expect(estimate([1, 2, 3])).toEqual({ mean: 2, error: Math.sqrt(1 / 3), count: 3 })
  // The part that both rows of a seed share cancels.
  expect(pairedDifference([10, 20, 30], [11, 21, 31])).toEqual({ mean: -1, error: 0, count: 3 })
})

it('judges a claim by the 95 % interval of the difference: 4.303 standard errors with three seeds', () => {
  const spread = [-1, 0, 1] // standard error 0.577, so the interval reaches 2.484
  const shifted = (by: number) => spread.map(value => value + by)
  const zeros = [0, 0, 0]
  expect(judge(shifted(-2.49), zeros).verdict).toBe('confirmed')
  expect(judge(shifted(-2.48), zeros).verdict).toBe('undecided')
  expect(judge(shifted(2.48), zeros).verdict).toBe('undecided')
  expect(judge(shifted(2.49), zeros).verdict).toBe('refuted')
})
