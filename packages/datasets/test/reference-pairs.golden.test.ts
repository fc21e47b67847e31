import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSafetensorsFile } from '@rectified-flow/checkpoints/node'
import {
  createPairStore,
  openPairStore,
  openReferencePairs,
  writeReferencePairs,
} from '@rectified-flow/datasets/node'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const golden = process.env.GOLDEN_DIR ?? fileURLToPath(new URL('../../../test/golden', import.meta.url))
const pairsFolder = join(golden, 'pairs')
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reference-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function expected() {
  const { tensors } = await readSafetensorsFile(join(pairsFolder, 'expected.safetensors'))
  const { shape, data } = tensors.get('z')!
  const z = tf.transpose(
    tf.tensor4d(data as Float32Array, shape as [number, number, number, number]),
    [0, 2, 3, 1],
  )
  const csv = await readFile(join(pairsFolder, 'images_labels.csv'), 'utf8')
  const labels = csv
    .trim()
    .split('\r\n')
    .map(line => Number(line.split(',')[1]))
  return { z, images: tensors.get('x_uint8')!.data as Uint8Array, labels, count: shape[0]! }
}

describe("the reference's pairs", () => {
  it('are read, the noise bit for bit', async () => {
    const want = await expected()
    const pairs = await openReferencePairs(pairsFolder)
    expect(pairs.count).toBe(want.count)
    const all = Array.from({ length: pairs.count }, (_, i) => i)
    const rows = await pairs.read(all)
    expect(rows.images).toEqual(want.images)
    expect(rows.labels).toEqual(want.labels)
    const { x, z, labels } = await pairs.batch(all)
    await expectClose(z, want.z, exact)
    await expectClose(
      x,
      tf.tensor(
        Float32Array.from(want.images, v => v / 127.5 - 1),
        x.shape,
      ),
      exact,
    )
    expect([...tf.argMax(labels!, 1).dataSync()]).toEqual(want.labels)
    // A pair read alone equals the same pair read with others.
    const last = await pairs.batch([pairs.count - 1])
    await expectClose(last.z, tf.slice(want.z, [pairs.count - 1, 0, 0, 0], [1, -1, -1, -1]), exact)
    await pairs.close()
  })

  it('are written so that they read back equal, with the same bytes every time', async () => {
    const want = await expected()
    const pairs = await openReferencePairs(pairsFolder)
    const shape = [pairs.height, pairs.width, pairs.channels] as const
    const copies = [join(folder, 'a'), join(folder, 'b')]
    for (const copy of copies) await writeReferencePairs(copy, pairs, { shape, batch: 2 })
    await pairs.close()
    const again = await openReferencePairs(copies[0]!)
    const all = Array.from({ length: want.count }, (_, i) => i)
    expect(await again.read(all)).toMatchObject({ images: want.images, labels: want.labels })
    await expectClose((await again.batch(all)).z, want.z, exact)
    await again.close()
    expect(await readFile(join(copies[0]!, 'z.zip'))).toEqual(await readFile(join(copies[1]!, 'z.zip')))
    expect(await readFile(join(copies[0]!, 'samples.zip'))).toEqual(
      await readFile(join(copies[1]!, 'samples.zip')),
    )
    const csv = (path: string) => readFile(join(path, 'images_labels.csv'), 'utf8')
    expect(await csv(copies[0]!)).toBe(await csv(pairsFolder))
  })

  it('pass through a store of shards unchanged', async () => {
    const want = await expected()
    const pairs = await openReferencePairs(pairsFolder)
    const { count, height, width, channels, classes } = pairs
    const store = await createPairStore(join(folder, 'store'), {
      count,
      shardSize: 2,
      seed: 0,
      shape: [height, width, channels],
      noise: 'pcg64',
      classes: classes!,
    })
    for (const shard of await store.missing()) {
      const { first, count } = store.range(shard)
      await store.write(shard, await pairs.read(Array.from({ length: count }, (_, i) => first + i)))
    }
    await pairs.close()
    const stored = await openPairStore(join(folder, 'store'))
    const all = Array.from({ length: count }, (_, i) => i)
    await expectClose((await stored.batch(all)).z, want.z, exact)
    await writeReferencePairs(join(folder, 'out'), stored, { shape: stored.plan.shape })
    await stored.close()
    const out = await openReferencePairs(join(folder, 'out'))
    expect(await out.read(all)).toMatchObject({ images: want.images, labels: want.labels })
    await expectClose((await out.batch(all)).z, want.z, exact)
    await out.close()
  })
})
