import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readNpy } from '@rectified-flow/checkpoints'
import { pairSet } from '@rectified-flow/datasets'
import { createPairStore, openPairStore, writeWebDataset } from '@rectified-flow/datasets/node'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import * as tf from '@tensorflow/tfjs-core'
import { unpackTar } from 'modern-tar'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webdataset-'))
})
afterEach(() => rm(folder, { recursive: true }))

const images = Uint8Array.from({ length: 5 * 2 * 3 * 3 }, (_, i) => (i * 37) % 256)
const parts = { images, height: 2, width: 3, channels: 3, seed: 4 }
const labels = [2, 0, 1, 1, 0]

async function store(name = 'store') {
  const plan = { count: 5, shardSize: 4, seed: 4, shape: [2, 3, 3] as const, classes: 3 }
  const made = await createPairStore(join(folder, name), plan)
  for (const shard of await made.missing()) {
    const { first, count } = made.range(shard)
    const rows = images.subarray(first * 18, (first + count) * 18)
    await made.write(shard, { images: rows, labels: labels.slice(first, first + count) })
  }
  return openPairStore(join(folder, name))
}

/** The files of a tar, in its order. */
async function filesOf(path: string) {
  const entries = await unpackTar(await readFile(path))
  return entries.map(({ header, data }) => [header.name, data!] as const)
}

describe('writeWebDataset', () => {
  it('writes each pair of a store as npy files and a class, in shards', async () => {
    const pairs = await store()
    const out = join(folder, 'tars')
    const seen: number[] = []
    const paths = await writeWebDataset(out, pairs, {
      shardSize: 3,
      batch: 2,
      onProgress: done => seen.push(done),
    })
    expect(paths).toEqual([join(out, 'pairs-000000000.tar'), join(out, 'pairs-000000003.tar')])
    expect((await readdir(out)).sort()).toEqual(['pairs-000000000.tar', 'pairs-000000003.tar'])
    expect(seen.at(-1)).toBe(5)

    const files = (await Promise.all(paths.map(filesOf))).flat()
    expect(files.map(([name]) => name)).toEqual(
      Array.from({ length: 5 }, (_, i) => ['x.npy', 'z.npy', 'cls'].map(end => `00000000${i}.${end}`)).flat(),
    )
    const { x, z } = await pairs.batch([0, 1, 2, 3, 4])
    for (let i = 0; i < 5; i++) {
      const [[, image], [, noise], [, label]] = files.slice(3 * i, 3 * i + 3) as [
        (typeof files)[number],
        (typeof files)[number],
        (typeof files)[number],
      ]
      for (const [npy, whole] of [
        [image, x],
        [noise, z],
      ] as const) {
        const want = tf.tidy(() => tf.transpose(tf.squeeze(tf.slice(whole, [i], [1]), [0]), [2, 0, 1]))
        expect(readNpy(npy)).toEqual({ dtype: 'F32', shape: [3, 2, 3], data: want.dataSync() })
      }
      expect(new TextDecoder().decode(label)).toBe(String(labels[i]))
    }
    await pairs.close()
  })

  it('writes the same bytes again, whatever the batch, and leaves whole tars as they are', async () => {
    const pairs = pairSet(parts)
    const [a, b] = [join(folder, 'a'), join(folder, 'b')]
    const [first, second] = await writeWebDataset(a, pairs, { shardSize: 3 })
    await writeWebDataset(b, pairs, { shardSize: 3, batch: 1 })
    for (const name of await readdir(a))
      expect(await readFile(join(a, name))).toEqual(await readFile(join(b, name)))

    await rm(second!)
    const read: number[] = []
    const counting = {
      count: pairs.count,
      batch(indices: ArrayLike<number>) {
        read.push(...Array.from(indices))
        return pairs.batch(indices)
      },
    }
    await writeWebDataset(a, counting, { shardSize: 3 })
    expect(read).toEqual([0, 3, 4]) // of the first tar only the pair that is compared
    expect(await readFile(second!)).toEqual(await readFile(join(b, 'pairs-000000003.tar')))
    expect((await filesOf(first!)).map(([name]) => name)).not.toContain('000000000.cls')
  })

  it('refuses a folder with tars of other pairs', async () => {
    const [path] = await writeWebDataset(folder, pairSet(parts))
    await expect(writeWebDataset(folder, pairSet({ ...parts, seed: 5 }))).rejects.toThrow(
      `datasets.writeWebDataset: directory must hold tars of the same pairs or none, got other pairs in '${path}'.`,
    )
    await mkdir(join(folder, 'short'))
    await writeFile(join(folder, 'short/pairs-000000000.tar'), '')
    await expect(writeWebDataset(join(folder, 'short'), pairSet(parts))).rejects.toThrow('got other pairs')
  })

  it('writes pairs of any rank as they are, and leaks nothing', async () => {
    const points = {
      count: 2,
      batch: (indices: ArrayLike<number>) => ({
        x: tf.tensor2d(Array.from(indices, i => [i, 0.5])),
        z: tf.zeros([indices.length, 2]),
      }),
    }
    const [path] = await writeWebDataset(folder, points)
    const files = new Map(await filesOf(path!))
    expect(readNpy(files.get('000000001.x.npy')!)).toEqual({
      dtype: 'F32',
      shape: [2],
      data: Float32Array.of(1, 0.5),
    })
    let run = 0
    await expectNoLeak(async () => {
      await writeWebDataset(join(folder, String(run++)), pairSet(parts), { shardSize: 2 })
    })
  })
})
