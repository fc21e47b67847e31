import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { useBackend } from '@rectified-flow/backends'
import { createRng, type Features } from '@rectified-flow/core'
import { decodePng } from '@rectified-flow/datasets'
import { writePngGrid } from '@rectified-flow/datasets/node'
import * as tf from '@tensorflow/tfjs-core'
import ts from 'typescript'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { trainOnFolder } from './folder-of-images.js'
import { drawPicture } from './picture.js'
import { drawPoints } from './points-in-the-plane.js'

const programs = ['folder-of-images', 'picture', 'points-in-the-plane']
const root = fileURLToPath(new URL('../../', import.meta.url))

let folder: string
beforeAll(async () => {
  await useBackend('wasm')
  folder = await mkdtemp(join(tmpdir(), 'programs-'))
})
afterAll(() => rm(folder, { recursive: true }))

it('compile under the strictest flags', () => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const files = programs.map(name => join(root, `test/programs/${name}.ts`))
  const program = ts.createProgram(files, { ...options, exactOptionalPropertyTypes: true })
  const found = files.flatMap(file => program.getSemanticDiagnostics(program.getSourceFile(file)))
  expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
})

it('a field of points, a coupling of four lines: samples have the mean and spread of the data', async () => {
  const n = 2000
  const points = await (await drawPoints(n, 500)).array()
  for (const side of [-1, 1]) {
    const mine = points.filter(([x = 0]) => Math.sign(x) === side)
    expect(Math.abs(mine.length / n - 0.5)).toBeLessThan(0.05)
    for (const [axis, centre] of [1.5 * side, -0.5 * side].entries()) {
      const mean = mine.reduce((sum, point) => sum + point[axis]!, 0) / mine.length
      const square = mine.reduce((sum, point) => sum + (point[axis]! - mean) ** 2, 0) / mine.length
      expect(Math.abs(mean - centre)).toBeLessThan(0.08)
      expect(Math.abs(Math.sqrt(square) - 0.3)).toBeLessThan(0.06)
    }
  }
})

it('samples become a picture in two lines', async () => {
  const weights = await readFile(join(root, 'packages/flow/weights/digit-teacher.safetensors'))
  const path = join(folder, 'out.png')
  await drawPicture(weights, path)
  expect(decodePng(await readFile(path)).shape).toEqual([1, 4 * 30 - 2, 4 * 30 - 2, 1])
})

it('a folder with class names is trained on, drawn from by name, and measured', async () => {
  const photos = join(folder, 'photos')
  const pixels = createRng(1)
  for (const name of ['cat', 'dog']) {
    await mkdir(join(photos, name), { recursive: true })
    for (const i of Array(8).keys())
      await writePngGrid(join(photos, name, `${i}.png`), pixels.uniform([1, 8, 8, 1], -1, 1))
  }
  const features: Features = {
    dim: 8,
    extract: images => tf.mean(images, [2, 3]),
    dispose() {},
  }
  const { classNames, drawn, itself } = await trainOnFolder(photos, 'dog', features)
  expect(classNames).toEqual(['cat', 'dog'])
  expect(itself).toBeLessThan(1e-6)
  expect(drawn).toBeGreaterThan(0.01)
  await expect(trainOnFolder(photos, 'cow', features)).rejects.toThrow(
    "core.oneHot: labels[0] must be one of cat, dog, got 'cow'.",
  )
})
