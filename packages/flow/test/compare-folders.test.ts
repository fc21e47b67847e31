import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { writePngGrid } from '@rectified-flow/datasets/node'
import { compareFolders } from '@rectified-flow/flow/node'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeDigits } from './digit-folders.js'

let folder: string
let real: string
let others: string
let noise: string

beforeAll(async () => {
  if (!process.env.BACKEND) await useBackend('wasm') // the cpu backend takes five times as long
  folder = await mkdtemp(join(tmpdir(), 'flow-'))
  const at = (name: string) => join(folder, name)
  real = await writeDigits(at('real'), { first: 0, count: 100 })
  others = await writeDigits(at('others'), { first: 100, count: 100 })
  noise = at('noise')
  await mkdir(noise)
  const rng = createRng(0)
  for (let i = 0; i < 100; i++) {
    const image = tf.tidy(() => tf.clipByValue(rng.fork(i).normal([1, 28, 28, 1]), -1, 1)) as tf.Tensor4D
    await writePngGrid(join(noise, `${i}.png`), image)
    image.dispose()
  }
})

afterAll(() => rm(folder, { recursive: true }))

test('other digits are near, noise is far, the same are at 0', async () => {
  const distance = async (a: string) =>
    (await compareFolders(a, real, { features: 'digits' })).frechetDistance!
  const same = await distance(real)
  const near = await distance(others)
  expect(Math.abs(same)).toBeLessThan(1e-6 * near)
  expect(await distance(noise)).toBeGreaterThan(5 * near)
})

test('several metrics come with a record', async () => {
  const before = tf.memory().numTensors
  const { kernelDistance, record } = await compareFolders(others, real, {
    features: 'digits',
    metrics: ['frechetDistance', 'kernelDistance'],
  })
  expect(kernelDistance).toBeDefined()
  expect(record).toMatchObject({ network: 'digit features', images: 100, imageSize: [28, 28, 1] })
  expect(tf.memory().numTensors).toBe(before)
})

test('a wrong option is named', async () => {
  // @ts-expect-error no such network
  await expect(compareFolders(real, others, { features: 'digit' })).rejects.toThrow(
    "flow.compareFolders: features must be one of inception, digits, cifar, or an extractor, got 'digit'.",
  )
  // @ts-expect-error misspelt
  await expect(compareFolders(real, others, { feature: 'digits' })).rejects.toThrow(
    "got 'feature'. Did you mean features?",
  )
})
