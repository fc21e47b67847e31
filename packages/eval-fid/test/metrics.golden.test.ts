import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readNpz, readSafetensors } from '@rectified-flow/checkpoints'
import {
  type FeatureSet,
  FeatureStatistics,
  frechetDistance,
  frechetDistanceOfSets,
  gaussianKernelDistance,
  inceptionScore,
  kernelDistance,
  manifoldMetrics,
  readReference,
} from '@rectified-flow/eval-fid'
import { expectClose } from '@rectified-flow/tools/matchers'
import { describe, expect, it } from 'vitest'

const golden = `${process.env.GOLDEN_DIR ?? fileURLToPath(new URL('../../../test/golden', import.meta.url))}/metrics`
const expected = JSON.parse(readFileSync(`${golden}/expected.json`, 'utf8'))
const gaussian = JSON.parse(readFileSync(`${golden}/gaussian-kernel.json`, 'utf8'))
const { tensors } = readSafetensors(readFileSync(`${golden}/features.safetensors`))
const set = (name: string) => tensors.get(name) as unknown as FeatureSet
const names = Object.keys(expected).filter(name => tensors.has(`${name}/a`))

/** The expected numbers were made in float64, from the same float32 features. */
const float64 = { rtol: 1e-7, atol: 1e-12 }

describe.each(names)('%s', name => {
  const [a, b] = [set(`${name}/a`), set(`${name}/b`)]

  it("agrees with SciPy's Fréchet distance", async () => {
    await expectClose(frechetDistanceOfSets(a, b), expected[name].fid, { rtol: 1e-6, atol: 0 })
  })

  it("agrees with NumPy's kernel distance", async () => {
    await expectClose(kernelDistance(a, b), expected[name].kid_full, float64)
  })

  it("agrees with NumPy's Gaussian kernel distance", async () => {
    await expectClose(gaussianKernelDistance(a, b), gaussian[name], float64)
  })

  it("agrees with NumPy's precision, recall, density and coverage", async () => {
    const { precision, recall, density, coverage } = expected[name]
    await expectClose(Object.values(manifoldMetrics(a, b)), [precision, recall, density, coverage], float64)
  })

  it('gives the same Fréchet distance for whole sets and for sets merged from seven shards', async () => {
    const whole = new FeatureStatistics(a.shape[1])
    whole.add(a.data)
    const merged = new FeatureStatistics(a.shape[1])
    const edge = (i: number) => Math.floor((i * a.shape[0]) / 7) * a.shape[1]
    for (let i = 0; i < 7; i++) {
      const shard = new FeatureStatistics(a.shape[1])
      shard.add((a.data as Float32Array).subarray(edge(i), edge(i + 1)))
      merged.merge(FeatureStatistics.load(shard.save()))
    }
    const reference = new FeatureStatistics(b.shape[1])
    reference.add(b.data)
    const [once, apart] = [whole, merged].map(part => frechetDistance(part, reference))
    await expectClose(apart!, once!, { rtol: 1e-10, atol: 0 })
  })
})

describe('inceptionScore', () => {
  it('agrees with NumPy', async () => {
    // The softmax of the expected number was computed in float32.
    await expectClose(inceptionScore(set('is/logits')), expected.inception_score_all, { rtol: 1e-6, atol: 0 })
  })
})

describe('readReference', () => {
  it('reads mu and sigma as NumPy wrote them', async () => {
    const bytes = readFileSync(`${golden}/ref-stats.npz`)
    const arrays = await readNpz(bytes)
    const { moments, spatial } = await readReference(bytes)
    expect(moments.mean).toEqual(arrays.get('mu')!.data)
    expect(moments.covariance).toEqual(arrays.get('sigma')!.data)
    expect(spatial).toBeUndefined()
    expect(frechetDistance(moments, moments)).toBeLessThan(1e-10)
  })
})
