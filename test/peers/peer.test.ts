import { describe, expect, it } from 'vitest'
import { type Comparison, errorOf, passes } from './peer.js'
import { tableOf } from './table.js'

const row = (ours: number[], theirs: number[], limit = 1e-3): Comparison => ({
  what: 'it',
  ours,
  theirs,
  limit,
})

describe('a comparison with a peer', () => {
  it('has the largest difference as a share of the largest number', () => {
    expect(errorOf(row([1, 2, -4.5], [1, 2, -4]))).toBe(0.125)
    expect(errorOf(row([0, 0], [0, 0]))).toBe(0)
    expect(errorOf(row([1], [0]))).toBe(Number.POSITIVE_INFINITY)
  })

  it('fails where numbers are missing, too many, not finite or too far apart', () => {
    expect(passes(row([1, 2], [1, 2.001]))).toBe(true)
    expect(passes(row([1, 2], [1, 2], 0))).toBe(true)
    for (const [ours, theirs] of [
      [
        [1, 2],
        [1, 2.1],
      ],
      [[1], [1, 2]],
      [[1, 2], [1]],
      [[], []],
      [[Number.NaN], [Number.NaN]],
      [[Number.POSITIVE_INFINITY], [Number.POSITIVE_INFINITY]],
    ] as const)
      expect(passes(row([...ours], [...theirs]))).toBe(false)
  })

  it('is a line of the table, which says if it fails', () => {
    const peer = { name: 'peer', version: '1.0' }
    expect(
      tableOf([
        { ...peer, ...row([3, 4.0001], [3, 4]) },
        { ...peer, ...row([2], [1]) },
      ]),
    ).toBe(
      [
        '| package  | what | numbers | ours    | theirs  | error              | limit |',
        '| -------- | ---- | ------- | ------- | ------- | ------------------ | ----- |',
        '| peer 1.0 | it   | 2       | 3.53559 | 3.53553 | 2e-5               | 1e-3  |',
        '| peer 1.0 | it   | 1       | 2       | 1       | 1e+0 **too large** | 1e-3  |',
      ].join('\n'),
    )
  })
})
