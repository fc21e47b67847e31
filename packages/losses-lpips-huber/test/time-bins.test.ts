import { createRng } from '@rectified-flow/core'
import { TimeBins } from '@rectified-flow/losses-lpips-huber'
import { expectClose } from '@rectified-flow/tools/matchers'
import { describe, expect, it } from 'vitest'

const tolerance = { rtol: 1e-12, atol: 0 }

describe('TimeBins', () => {
  it('has the count, mean and deviation of each interval', () => {
    const bins = new TimeBins(2)
    bins.add([0, 0.1, 0.5, 1], [1, 3, 5, 9])
    expect(bins.bins()).toEqual([
      { from: 0, to: 0.5, count: 2, mean: 2, deviation: 1 },
      { from: 0.5, to: 1, count: 2, mean: 7, deviation: 2 },
    ])
    expect(new TimeBins(1).bins()).toEqual([{ from: 0, to: 1, count: 0, mean: NaN, deviation: NaN }])
  })

  it('merged has the statistics of all losses together', async () => {
    const [t, losses] = [
      createRng(1).uniforms(1000),
      createRng(2)
        .normals(1000)
        .map(z => 1e4 + z),
    ]
    const [whole, parts, empty] = [new TimeBins(), new TimeBins(), new TimeBins()]
    whole.add(t, losses)
    for (const [from, to] of [
      [0, 300],
      [300, 301],
      [301, 1000],
    ] as const) {
      const part = new TimeBins()
      part.add(t.subarray(from, to), losses.subarray(from, to))
      parts.merge(part)
    }
    parts.merge(empty)
    for (const [i, { count, mean, deviation }] of parts.bins().entries()) {
      const expected = whole.bins()[i]!
      expect(count).toBe(expected.count)
      await expectClose(mean, expected.mean, tolerance)
      await expectClose(deviation, expected.deviation, { rtol: 1e-9, atol: 0 })
    }
  })

  it('says what is wrong, and adds nothing then', () => {
    const bins = new TimeBins(1)
    const where = 'losses-lpips-huber.TimeBins'
    expect(() => bins.add([0.5, 1.5], [1, 2])).toThrow(
      new RangeError(`${where}.add: t must be in [0, 1], got 1.5 at index 1.`),
    )
    expect(() => bins.add([0.5], [1, 2])).toThrow(
      new RangeError(`${where}.add: losses must have length 1, got 2.`),
    )
    expect(bins.bins()[0]!.count).toBe(0)
    expect(() => bins.merge(new TimeBins(2))).toThrow(
      new RangeError(`${where}.merge: other must have 1 bins, got 2.`),
    )
    expect(() => new TimeBins(0)).toThrow(new RangeError(`${where}: bins must be an integer >= 1, got 0.`))
  })
})
