import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRng } from '@rectified-flow/core'
import { pairSet } from '@rectified-flow/datasets'
import { pairShardPath, readPairShards, writePairShard } from '@rectified-flow/datasets/node'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import { afterEach, beforeEach, expect, it } from 'vitest'

const size = { height: 2, width: 2, channels: 1 }
const images = Uint8Array.from({ length: 5 * 4 }, (_, i) => i * 12)
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairs-'))
})
afterEach(() => rm(folder, { recursive: true }))

it('makes the noise of a pair again from its seed and index', () => {
  const { z } = pairSet({ ...size, images, seed: 9, first: 100 }).batch([3, 0])
  const rng = createRng(9)
  expectClose(z, [...rng.fork(103).normals(4), ...rng.fork(100).normals(4)].map(Math.fround), {
    ...exact,
  })
})

it('reads shards back as one set, in order', async () => {
  await writePairShard(folder, { ...size, images: images.slice(8), seed: 9, first: 2 })
  await writePairShard(folder, { ...size, images: images.slice(0, 8), seed: 9, first: 0 })
  const pairs = await readPairShards(folder)
  expect([pairs.count, pairs.seed, pairs.first]).toEqual([5, 9, 0])
  expect(pairs.images).toEqual(images)
})

it('refuses gaps, other seeds, truncated and foreign files', async () => {
  await expect(readPairShards(folder)).rejects.toThrow(
    `datasets.readPairShards: directory must hold shards of pairs, got none in ${folder}.`,
  )
  await writePairShard(folder, { ...size, images: images.slice(0, 8), seed: 9, first: 0 })
  await writePairShard(folder, { ...size, images: images.slice(8), seed: 9, first: 3 })
  await expect(readPairShards(folder)).rejects.toThrow(
    'datasets.readPairShards: pairs-000000003.safetensors must go on with pair 2 of seed 9, got pair 3 of seed 9.',
  )
  await writeFile(pairShardPath(folder, 3), 'short')
  await expect(readPairShards(folder)).rejects.toThrow('The file may be truncated.')
})
