import { createRng } from '@rectified-flow/core'
import { FeatureStatistics, frechetDistance, type Moments } from '@rectified-flow/eval-fid'
import { frechetDistanceInWorker } from '@rectified-flow/eval-fid/node'
import { expect, it } from 'vitest'

function moments(seed: number, dim: number, n: number): Moments {
  const statistics = new FeatureStatistics(dim)
  statistics.add(createRng(seed).normals(n * dim))
  return statistics
}

it('gives the same distance as frechetDistance, and lets timers run meanwhile', async () => {
  const [a, b] = [moments(1, 300, 400), moments(2, 300, 350)]
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  const distance = await frechetDistanceInWorker(a, b)
  clearInterval(timer)
  expect(distance).toBe(frechetDistance(a, b))
  expect(ticks).toBeGreaterThan(2)
})

it('says what is wrong', async () => {
  await expect(frechetDistanceInWorker(moments(1, 2, 3), moments(1, 3, 3))).rejects.toThrow(
    new RangeError('eval-fid.frechetDistanceInWorker: b.mean must have 2 numbers as a.mean has, got 3.'),
  )
})
