import { writeNpz } from '@rectified-flow/checkpoints'
import { createRng } from '@rectified-flow/core'
import { FeatureStatistics, type Moments, readMoments, writeMoments } from '@rectified-flow/eval-fid'
import { describe, expect, it } from 'vitest'

function moments(seed: number, dim: number): Moments {
  const statistics = new FeatureStatistics(dim)
  statistics.add(createRng(seed).normals(20 * dim))
  return statistics.moments()
}

describe('readMoments, writeMoments', () => {
  it('round-trip, with spatial moments and without', async () => {
    const [features, spatial] = [moments(1, 4), moments(2, 3)]
    expect(await readMoments(await writeMoments({ features }))).toEqual({ features })
    expect(await readMoments(await writeMoments({ features, spatial }))).toEqual({ features, spatial })
  })

  it("skip the images in OpenAI's files", async () => {
    const { mean, covariance } = moments(1, 2)
    const bytes = await writeNpz({
      arr_0: { dtype: 'U8', shape: [1, 2, 2, 3], data: new Uint8Array(12) },
      mu: { dtype: 'F32', shape: [2], data: Float32Array.from(mean) },
      sigma: { dtype: 'F64', shape: [2, 2], data: covariance },
    })
    expect((await readMoments(bytes)).features).toEqual({
      mean: Float64Array.from(mean, Math.fround),
      covariance,
    })
  })

  it('say what is wrong', async () => {
    const mu = { dtype: 'F64', shape: [2], data: Float64Array.of(1, 2) } as const
    await expect(readMoments(await writeNpz({ mu: { ...mu, shape: [2] } }))).rejects.toThrow(
      new RangeError('eval-fid.readMoments: sigma must have shape [2,2], got none.'),
    )
    const bytes = await writeNpz({ mu: { ...mu, shape: [1, 2] } })
    await expect(readMoments(bytes)).rejects.toThrow(
      new RangeError('eval-fid.readMoments: mu must have shape [F], got [1,2].'),
    )
  })
})
