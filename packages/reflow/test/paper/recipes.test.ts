import { PAPER_CONFIGS, PAPER_DATASETS, paperConfig, recipe } from '@rectified-flow/reflow/paper'
import { presets } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

describe('recipe', () => {
  it("has the paper's timesteps and losses", () => {
    expect(recipe('B').timesteps.density(0.5)).toBeCloseTo(1, 3)
    expect(recipe('C').timesteps.density(0.5)).toBeCloseTo(0.5514, 3)
    const difference = tf.ones([1, 2, 2, 1])
    const context = { t: tf.tensor1d([0.5]), xt: difference, x: difference }
    const distance = () => tf.tensor1d([2])
    const cost = (name: 'B' | 'D' | 'E' | 'F') =>
      recipe(name, distance).premetric(difference, tf.zerosLike(difference), context).dataSync()[0]!
    const huber = cost('D') // (sqrt(4 + c^2) - c) / 4
    expect(cost('B')).toBeCloseTo(1, 6)
    expect(huber).toBeCloseTo(0.5, 2)
    expect(cost('E')).toBeCloseTo(huber / 2 + 2, 5)
    expect(cost('F')).toBeCloseTo(huber / 2 + 4, 5)
  })

  it('refuses unknown names, and a perceptual recipe without a distance', () => {
    expect(() => recipe('X' as never)).toThrow("reflow.recipe: name must be one of B, C, D, E, F, got 'X'.")
    expect(() => recipe('F')).toThrow('reflow.recipe: distance must be given for lpipsHuber, got undefined.')
  })
})

describe('paperConfig', () => {
  it('has the settings of the paper', () => {
    expect(paperConfig('cifar10', 'F')).toMatchObject({
      recipe: 'F',
      initialWeights: 'edm',
      pairs: { count: 1_000_000, teacherNfe: 35 },
      batch: 512,
      learningRate: 2e-4,
      warmup: 5000,
      iterations: 800_000,
      emaDecay: 0.9999,
      dropout: 0.13,
    })
    expect(paperConfig('cifar10', 'A')).toMatchObject({ recipe: 'B', batch: 128, initialWeights: 'random' })
    expect(paperConfig('cifar10', 'G')).toMatchObject({
      recipe: 'F',
      realData: { images: 50_000, inversionSteps: 128, iterations: 5000, learningRate: 1e-5 },
    })
    expect(paperConfig('imagenet64', 'E')).toMatchObject({ batch: 2048, microBatches: 4, warmup: 2500 })
    expect(paperConfig('afhq64', 'F')).toMatchObject({ batch: 256, dropout: 0.25, iterations: 1_000_000 })
  })

  it.each(PAPER_DATASETS)('%s: fits its network, and is plain JSON', dataset => {
    const { imgResolution, inChannels } = presets[dataset]
    for (const name of PAPER_CONFIGS) {
      const config = paperConfig(dataset, name)
      expect(config.shape).toEqual([imgResolution, imgResolution, inChannels])
      expect(config.pairs.teacherNfe).toBe(2 * config.pairs.teacherSteps - 1)
      expect(config.batch % config.microBatches).toBe(0)
      expect(JSON.parse(JSON.stringify(config))).toEqual(config)
    }
  })

  it('refuses unknown names', () => {
    expect(() => paperConfig('mnist' as never, 'F')).toThrow(
      "reflow.paperConfig: dataset must be one of cifar10, afhq64, ffhq64, imagenet64, got 'mnist'.",
    )
  })
})
