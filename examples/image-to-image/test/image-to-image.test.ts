import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { readDigitFeatures } from '@rectified-flow/eval-fid/node'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32 } from '@rectified-flow/tools/matchers'
import { scope } from '@rectified-flow/tools/scope'
import { createUNet, saveUNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { CLASSES, readDigits } from '../digits.js'
import { countTranslated, imagesOf, interpolateDigits, translateToAll } from '../translate-digits.js'
import { type Stage, trainTranslator } from '../translator.js'

const base = { imgResolution: 28, inChannels: 1, outChannels: 1, modelChannels: 8, channelMult: [1, 2] }
const small = { ...base, numBlocks: 1, attnResolutions: [] }

// The cpu backend takes a minute for what wasm does in seconds.
beforeAll(async () => {
  if (tf.getBackend() === 'cpu') await useBackend('wasm')
})

it('lays out each digit beside its translations, and the images between two digits', async () => {
  const net = createUNet({ ...small, labelDim: CLASSES }, { rng: createRng(1) })
  const digits = await readDigits('test')
  const run = async () => {
    const x = imagesOf(digits, 7, 2)
    const all = translateToAll(net, x, 7)
    expect(all.shape).toEqual([2 * 11, 28, 28, 1])
    for (const row of [0, 1]) await expectClose(tf.slice(all, row * 11, 1), tf.slice(x, row, 1), f32)
    const [a, b] = tf.split(x, 2) as [tf.Tensor4D, tf.Tensor4D]
    const between = interpolateDigits(net, [a, b], 7, 5)
    expect(between.shape).toEqual([5, 28, 28, 1])
    await expectClose(tf.slice(between, 4, 1), b, f32)
  }
  await expectNoLeak(() => scope(run))
})

it('trains a translator from a teacher without labels, and judges it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'translator-'))
  const stage: Stage = { recipe: 'C', steps: 2, batch: 4, learningRate: 1e-3, warmup: 1, emaDecay: 0.5 }
  const pairs = { count: 20, steps: 1, seed: 2, guidance: 2 }
  const teacherStage = { ...stage, dropLabelsFrom: 1 }
  const settings = { seed: 1, teacher: teacherStage, pairs, reflow: stage, saveEvery: 1 }
  const digits = await readDigits('test')
  try {
    const teacher = await saveUNet(createUNet(small, { rng: createRng(2) }))
    const lines: string[] = []
    const { net, ema } = await trainTranslator(teacher, digits, settings, folder, line => lines.push(line))
    expect(lines.map(line => line.split(' ').slice(0, 2).join(' '))).toEqual(
      ['teacher 1/2', 'teacher 2/2', 'pairs 0/20', 'pairs 20/20', 'reflow 1/2', 'reflow 2/2'], // biome-ignore format: one line
    )
    expect(JSON.parse(await readFile(join(folder, 'pairs', 'pairs.json'), 'utf8'))).toMatchObject({
      classes: 10,
    })
    const judged = await countTranslated(net.withWeights(ema), digits, await readDigitFeatures(), 1)
    expect(judged.of).toBe(100)
    expect(judged.right).toBeGreaterThanOrEqual(0)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
