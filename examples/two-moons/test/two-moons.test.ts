import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRng } from '@rectified-flow/core'
import { expect, it } from 'vitest'
import { POINT_SETS } from '../point-sets.js'
import { twoMoons } from '../two-moons.js'

it('trains, measures and draws every point set', async () => {
  const out = await mkdtemp(join(tmpdir(), 'two-moons-'))
  const settings = {
    points: 256,
    steps: [20, 20],
    batch: 64,
    teacherSteps: 4,
    measured: 128,
    seed: 1,
  } as const
  try {
    const rows = await twoMoons(settings, out)
    expect(rows.map(({ points, flow }) => `${points} ${flow}`)).toEqual(
      Object.keys(POINT_SETS).flatMap(name => [`${name} 1-RF`, `${name} 2-RF`, `${name} data`]),
    )
    for (const { flow, straightness = 0, distance } of rows) {
      expect(Object.keys(distance)).toEqual(['1', '2', '4', '8'])
      for (const value of [straightness, ...Object.values(distance)])
        expect(Number.isFinite(value)).toBe(true)
      if (flow !== 'data') expect(straightness).toBeGreaterThan(0)
    }
    expect(await readFile(join(out, 'paths.svg'), 'utf8')).toMatch(/^<svg[\s\S]*2-RF[\s\S]*<\/svg>$/)
    expect([...(await readFile(join(out, 'paths.png'))).subarray(1, 4)]).toEqual([...Buffer.from('PNG')])
  } finally {
    await rm(out, { recursive: true, force: true })
  }
})

it.each(Object.entries(POINT_SETS))('%s has a mean near 0 and a size near 1', (_, set) => {
  const points = set(4000, createRng(3))
  expect(Math.max(...points.map(Math.abs))).toBeLessThan(2.6)
  expect(Math.abs(points.reduce((sum, value) => sum + value, 0)) / points.length).toBeLessThan(0.06)
  const square = points.reduce((sum, value) => sum + value ** 2, 0) / points.length
  expect(square).toBeGreaterThan(0.4)
  expect(square).toBeLessThan(2)
})
