import { describe, expect, it } from 'vitest'
import { turns } from '../src/pixels/turns.js'

/** How often each of 6x4 pictures is drawn, where there is time for three each time that all change. */
function drawn(attended: number | undefined): number[] {
  const wall = turns(24, 6)
  const times = Array<number>(24).fill(0)
  wall.attend(attended)
  for (let change = 0; change < 800; change++) {
    wall.renew()
    for (const picture of wall.take(3).pictures) times[picture]!++
  }
  return times
}

describe('turns', () => {
  it('are shared equally where nobody looks', () => {
    expect(drawn(undefined)).toEqual(Array(24).fill(100))
  })

  it('come more often near the picture that is looked at, and to all', () => {
    const times = drawn(8) // the third of the second row
    expect(Math.max(...times)).toBe(times[8])
    expect(times[8]! / times[9]!).toBeCloseTo(2, 0)
    expect(times[8]! / times[11]!).toBeCloseTo(4, 0)
    expect(Math.min(...times)).toBeGreaterThan(40)
  })

  it('end when every picture shows the newest version', () => {
    const wall = turns(4, 2)
    wall.renew()
    expect(wall.take(3)).toEqual({ pictures: [0, 1, 2], version: 1 })
    expect(wall.take(3)).toEqual({ pictures: [3], version: 1 })
    expect(wall.take(3).pictures).toEqual([])
  })
})
