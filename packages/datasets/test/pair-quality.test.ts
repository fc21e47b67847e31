import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { concatPairs, filterPairs, holdOut, type PairPlan } from '@rectified-flow/datasets'
import { createPairStore, openPairStore, type PairStore } from '@rectified-flow/datasets/node'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** Pair i has the pixel i, the length 1 + i / 8 and the divergence -i. */
const plan: PairPlan = {
  count: 8,
  shardSize: 3,
  seed: 1,
  shape: [1, 1, 1],
  quality: ['length', 'divergence'],
}
let folder: string
let store: PairStore
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quality-'))
  store = await createPairStore(join(folder, 'pairs'), plan)
  for (const shard of await store.missing()) {
    const { first, count } = store.range(shard)
    const indices = Array.from({ length: count }, (_, i) => first + i)
    const quality = {
      length: Float32Array.from(indices, i => 1 + i / 8),
      divergence: Float32Array.from(indices, i => -i),
    }
    await store.write(shard, { images: Uint8Array.from(indices), quality })
  }
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true })
})

const refused = { images: Uint8Array.from([0, 1, 2]) }

describe('a store whose plan has quality', () => {
  it('gives the measures of pairs by index, and of all', async () => {
    const opened = await openPairStore(store.directory)
    expect(opened.plan.quality).toEqual(['divergence', 'length'])
    const { quality } = await opened.read([7, 0, 7])
    expect(quality).toEqual({
      length: Float32Array.of(1.875, 1, 1.875),
      divergence: Float32Array.of(-7, -0, -7),
    })
    expect((await opened.quality()).length).toEqual(Float32Array.from({ length: 8 }, (_, i) => 1 + i / 8))
    await opened.close()
  })

  it('checks the bytes of measures as it does those of images', async () => {
    const path = store.path(2)
    const bytes = await readFile(path)
    bytes[bytes.indexOf(new Uint8Array(Float32Array.of(1.875).buffer))]! ^= 1
    await writeFile(path, bytes)
    expect(await store.verify()).toMatchObject([{ shard: 2, problem: 'damaged: its checksum is wrong' }])
    await expect(store.quality()).rejects.toThrow('got one that is damaged: its checksum is wrong')
  })

  it('refuses rows without their measures, and with others', async () => {
    await expect(store.write(0, refused)).rejects.toThrow(
      'datasets.PairStore.write: quality.divergence must hold 3 numbers, [3], got none.',
    )
    const rows = (await store.read([0, 1, 2])).quality!
    await expect(
      store.write(0, { ...refused, quality: { ...rows, curvature: new Float32Array(3) } }),
    ).rejects.toThrow('datasets.PairStore.write: quality.curvature must not be given')
    const { quality: _, ...without } = plan
    const plain = await createPairStore(join(folder, 'plain'), without)
    expect(await readFile(join(folder, 'plain', 'pairs.json'), 'utf8')).not.toContain('quality')
    await expect(plain.write(0, { ...refused, quality: rows })).rejects.toThrow(
      'must not be given: the plan of this store measures nothing.',
    )
    await expect(plain.quality()).rejects.toThrow(
      "datasets.PairStore.quality: the store's plan must have quality",
    )
  })

  it.each<[readonly string[], string]>([
    [[], 'quality must be a list of 1 to 64 names, got []'],
    [['a b'], "quality must hold names of up to 64 letters, digits and _, a letter first, got 'a b'."],
    [['a', 'a'], "quality must hold each name once, got ['a','a']."],
  ])('refuses the names %j', async (quality, message) => {
    await expect(createPairStore(join(folder, 'other'), { ...plan, quality })).rejects.toThrow(message)
  })

  it('has the same plan for names in another order', async () => {
    const again = await createPairStore(store.directory, { ...plan, quality: ['divergence', 'length'] })
    expect(await again.missing()).toEqual([])
    await expect(createPairStore(store.directory, { ...plan, quality: ['length'] })).rejects.toThrow(
      'datasets.createPairStore: quality must be ["divergence","length"]',
    )
  })
})

describe('filterPairs', () => {
  it('keeps pairs by their measures, and composes', async () => {
    const short = await filterPairs(store, ({ length }) => length! < 1.5)
    expect([short.count, [...(await short.quality()).divergence!]]).toEqual([4, [-0, -1, -2, -3]])
    const even = await filterPairs(short, (_, index) => index % 2 === 0)
    expect([...(await even.read([0, 1])).images]).toEqual([0, 2])
    const { training, heldOut } = holdOut(short, { share: 0.25 })
    expect([...(await heldOut.quality()).length!]).toEqual([1.375])
    const both = concatPairs([even, training])
    const [have, want] = [await both.batch([1, 4]), await store.batch([2, 2])]
    await expectClose(have.x, want.x, exact)
    await expectClose(have.z, want.z, exact)
  })

  it('refuses to keep none', async () => {
    await expect(filterPairs(store, () => false)).rejects.toThrow(
      'datasets.filterPairs: keep must keep at least 1 of 8 pairs, got 0.',
    )
  })
})
