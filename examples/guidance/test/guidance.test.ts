import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { useBackend } from '@rectified-flow/backends'
import { createRng, oneHot } from '@rectified-flow/core'
import { expectClose, f32 } from '@rectified-flow/tools/matchers'
import { edmVelocity } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judgeOf, measure, velocityOf } from '../measure.js'
import { guideOf, type Run, teacherOf } from '../networks.js'
import { ROWS } from '../rows.js'
import { SMOKE } from '../settings.js'
import { SUBJECTS } from '../subjects.js'
import { table } from '../table.js'

let folder: string

// The cpu backend takes minutes for what wasm does in seconds.
beforeAll(async () => {
  if (tf.getBackend() === 'cpu') await useBackend('wasm')
  folder = await mkdtemp(join(tmpdir(), 'guidance-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.each(Object.entries(SUBJECTS))('%s', (name, subject) => {
  const settings = { backend: tf.getBackend(), ...SMOKE }
  const run = (): Run => ({ folder: join(folder, name), seed: 0, subject, settings, log: () => {} })

  it('trains what it lacks once, and measures what is guided', { timeout: 120_000 }, async () => {
    const nets = { teacher: await teacherOf(run()), guide: await guideOf(run()) }
    expect(nets.guide.config.labelDim).toBe(nets.teacher.config.labelDim)
    const again = await guideOf(run())
    const weight = 'map_layer0.weight'
    await expectClose(again.weights.get(weight)!, nets.guide.weights.get(weight)!, { rtol: 0, atol: 0 })

    const judge = await judgeOf(run())
    const chosen = ['no guidance', 'itself without labels, 3', 'the guide, 3']
    const found = new Map()
    for (const row of chosen) found.set(row, [await measure(ROWS[row]!, nets, judge, run())])
    const distances = [...found.values()].map(([{ frechet }]) => frechet)
    expect(distances.every(distance => distance > 0)).toBe(true)
    expect(new Set(distances).size).toBe(chosen.length)
    expect(table(found)).toMatch(/\| no guidance \| [0-9.]+ \| [0-9.]+ % \| 1 \|/)
    judge.features.dispose()
  })

  it('guides by the network without labels, or by the smaller one with them', async () => {
    const [teacher, guide] = [await teacherOf(run()), await guideOf(run())]
    const { labelDim, imgResolution: side, inChannels } = teacher.config
    const classLabels = oneHot([0, 5], labelDim)
    const [x, t] = [createRng(2).normal([2, side, side, inChannels]), tf.tensor1d([0.5, 0.9])]
    const at = (row: string) => velocityOf(ROWS[row]!, teacher, guide, classLabels)(x, t)
    const f = at('no guidance')
    const away = (g: tf.Tensor) => tf.add(g, tf.mul(3, tf.sub(f, g)))
    const near = { rtol: 1e-4, atol: 1e-5 }
    await expectClose(f, edmVelocity(teacher, { classLabels })(x, t), f32)
    await expectClose(at('the guide, 3'), away(at('the guide alone')), near)
    await expectClose(at('itself without labels, 3'), away(edmVelocity(teacher)(x, t)), near)
  })
})
