import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runOnnx } from '@rectified-flow/tools/run-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run } from './run.js'
import { tinyNetwork } from './tiny.js'

let folder: string
let network: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-'))
  network = await tinyNetwork(join(folder, 'network.safetensors'), { labelDim: 2 })
})
afterAll(() => rm(folder, { recursive: true }))

it.each([
  ['--steps', '2'],
  ['--times', '0.99999,0.8,0', '--rule', 'reinterpolate'],
  ['--steps', '1', '--dtype', 'F16'],
])('writes a model that draws, and says what it takes: %s %s', async (...how) => {
  const out = join(folder, 'model.onnx')
  expect((await run('export', '--network', network, '--out', out, ...how)).out).toBe(
    `${out}: noise [B,3,8,8], class_labels [B,2] -> images [B,3,8,8]`,
  )
  const { images } = await runOnnx(out, { noise: tf.ones([4, 3, 8, 8]), class_labels: tf.zeros([4, 2]) })
  expect(images!.shape).toEqual([4, 3, 8, 8])
  expect((await images!.data()).every(Number.isFinite)).toBe(true)
})

it('refuses what it does not know', async () => {
  const failure = (...args: string[]) => run('export', ...args).catch(error => error.message)
  expect(await failure('--network', network)).toContain("required option '--out <file>' not specified")
  expect(await failure('--network', network, '--out', folder)).toBe(
    `--out must name a file that can be written, got '${folder}' (something else is there).`,
  )
  expect(await failure('--network', network, '--out', 'x.onnx', '--dtype', 'F8')).toContain(
    'Allowed choices are F32, F16',
  )
  expect(await failure('--network', 'nowhere', '--out', join(folder, 'x.onnx'))).toMatch(/^--network must/)
})
