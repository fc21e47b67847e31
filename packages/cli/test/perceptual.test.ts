import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { RECIPES } from '@rectified-flow/reflow/paper'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { objectiveOf } from '../src/objective.js'

beforeAll(() => useBackend('cpu'))

test.each([
  ['digits', [2, 14, 14, 1]],
  ['faces', [2, 16, 16, 3]],
] as const)('perceptual: %s measures images of its kind', async (perceptual, shape) => {
  const { premetric } = await objectiveOf({ ...RECIPES.E, perceptual } as Parameters<typeof objectiveOf>[0])
  const [a, b] = [createRng(1).normal([...shape]), createRng(2).normal([...shape])]
  const context = { t: tf.tensor1d([0.5, 0.5]), xt: tf.zerosLike(a), x: tf.mul(b, -0.5) }
  const [different, equal] = [premetric(a, b, context), premetric(b, b, context)]
  expect(different.shape).toEqual([2])
  expect(Math.min(...different.dataSync())).toBeGreaterThan(0.05)
  expect(Math.max(...equal.dataSync())).toBeLessThan(1e-6)
})
