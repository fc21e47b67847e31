import { writeNpz } from '@rectified-flow/checkpoints'
import { createRng } from '@rectified-flow/core'
import { FeatureStatistics, type Moments, readReference, writeReference } from '@rectified-flow/eval-fid'
import { describe, expect, it } from 'vitest'

function moments(seed: number, dim: number): Moments {
  const statistics = new FeatureStatistics(dim)
  statistics.add(createRng(seed).normals(20 * dim))
  return { mean: statistics.mean, covariance: statistics.covariance }
}

describe('readReference, writeReference', () => {
  it('round-trip, with spatial moments and samples and without', async () => {
    const [small, spatial] = [{ moments: moments(1, 4) }, moments(2, 3)]
    expect(await readReference(await writeReference(small))).toEqual(small)
    const samples = { data: createRng(3).normals(8), shape: [2, 4] as const }
    const whole = { ...small, spatial, samples }
    expect(await readReference(await writeReference(whole))).toEqual(whole)
  })

  it("skip the images in OpenAI's files", async () => {
    const { mean, covariance } = moments(1, 2)
    const bytes = await writeNpz({
      arr_0: { dtype: 'U8', shape: [1, 2, 2, 3], data: new Uint8Array(12) },
      mu: { dtype: 'F32', shape: [2], data: Float32Array.from(mean) },
      sigma: { dtype: 'F64', shape: [2, 2], data: covariance },
    })
    expect((await readReference(bytes)).moments).toEqual({
      mean: Float64Array.from(mean, Math.fround),
      covariance,
    })
  })

  it('say what is wrong', async () => {
    const mu = { dtype: 'F64', shape: [2], data: Float64Array.of(1, 2) } as const
    await expect(readReference(await writeNpz({ mu: { ...mu, shape: [2] } }))).rejects.toThrow(
      new RangeError('eval-fid.readReference: sigma must have shape [2,2], got none.'),
    )
    const bytes = await writeNpz({ mu: { ...mu, shape: [1, 2] } })
    await expect(readReference(bytes)).rejects.toThrow(
      new RangeError('eval-fid.readReference: mu must have shape [F], got [1,2].'),
    )
  })
})
