import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createRng } from '@rectified-flow/core'
import { concatPairs, pairSet } from '@rectified-flow/datasets'
import {
  createPairStore,
  mergePairStores,
  openPairStore,
  type PairStore,
} from '@rectified-flow/datasets/node'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const plan = { count: 11, shardSize: 4, seed: 9, shape: [2, 2, 1] as const }
const size = { height: 2, width: 2, channels: 1 }
const images = Uint8Array.from({ length: 11 * 4 }, (_, i) => i * 5)
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pairs-'))
})
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
  await rm(folder, { recursive: true })
})

const stores: PairStore[] = []
/** The store, closed when the test ends. */
async function using(store: Promise<PairStore>): Promise<PairStore> {
  stores.push(await store)
  return store
}

const at = (name: string) => join(folder, name)
async function fill(store: PairStore, part = {}): Promise<PairStore> {
  for (const shard of await store.missing(part)) {
    const { first, count } = store.range(shard)
    await store.write(shard, { images: images.slice(first * 4, (first + count) * 4) })
  }
  return store
}
async function contents(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).sort()
  return Object.fromEntries(
    await Promise.all(
      names.map(async name => [name, (await readFile(join(directory, name))).toString('hex')]),
    ),
  )
}

describe('a pair store', () => {
  it('gives the pairs that a set in memory gives, in any order', async () => {
    const store = await fill(await using(createPairStore(at('a'), plan)))
    expect([store.count, store.shards]).toEqual([11, 3])
    const set = pairSet({ ...size, images, seed: 9 })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(10), { minLength: 1, maxLength: 12 }), async indices => {
        const [have, want] = [await store.batch(indices), set.batch(indices)]
        await expectClose(have.x, want.x, exact)
        await expectClose(have.z, want.z, exact)
        tf.dispose([have.x, have.z, want.x, want.z])
      }),
      { seed: 1, numRuns: 50 },
    )
    await store.close()
    await store.close()
  })

  it('keeps labels, half-precision images and noise of any origin', async () => {
    const values = createRng(3).normals(6 * 4)
    const store = await createPairStore(at('a'), {
      ...plan,
      count: 6,
      images: 'float16',
      noise: 'float32',
      classes: 3,
    })
    const labels = [2, 0, 1, 1, 2, 0]
    for (const shard of [0, 1]) {
      const rows = (all: Float32Array) => all.slice(shard * 16, shard * 16 + 16)
      await store.write(shard, {
        images: rows(values.map(v => v / 8)),
        noise: rows(values),
        labels: labels.slice(shard * 4, shard * 4 + 4),
      })
    }
    const { x, z, labels: hot } = await (await using(openPairStore(at('a')))).batch([5, 0, 2])
    const want = tf.gather(tf.tensor4d(values, [6, 2, 2, 1]), [5, 0, 2])
    await expectClose(z, want, exact)
    await expectClose(x, tf.div(want, 8), { rtol: 2 ** -11, atol: 2 ** -25 }) // half a unit in the last place of a half
    await expectClose(hot!, tf.tensor2d([1, 0, 0, 0, 0, 1, 0, 1, 0], [3, 3]), exact)
  })

  it('is the same, file by file, from one writer and from two', async () => {
    await fill(await createPairStore(at('one'), plan))
    const two = await Promise.all([createPairStore(at('two'), plan), createPairStore(at('two'), plan)])
    await Promise.all(two.map((store, part) => fill(store, { part, parts: 2 })))
    expect(await contents(at('two'))).toEqual(await contents(at('one')))
  })

  it('merges shards that were made in several directories', async () => {
    await fill(await createPairStore(at('one'), plan))
    for (const part of [0, 1]) await fill(await createPairStore(at(`part${part}`), plan), { part, parts: 2 })
    expect(await (await mergePairStores(at('all'), [at('part1')])).missing()).toEqual([0, 2])
    expect(await (await mergePairStores(at('all'), [at('part0'), at('part1')])).missing()).toEqual([])
    expect(await contents(at('all'))).toEqual(await contents(at('one')))
    await createPairStore(at('other'), { ...plan, seed: 8 })
    await expect(mergePairStores(at('all'), [at('part0'), at('other')])).rejects.toThrow(
      `datasets.mergePairStores: seed must be 9, as in the store in '${at('part0')}', got 8. Other pairs need another directory.`,
    )
  })

  it('names damaged, foreign and missing shards, and is whole when these are written again', async () => {
    const store = await fill(await using(createPairStore(at('a'), plan)))
    expect(await store.verify()).toEqual([])
    const whole = await contents(at('a'))
    const bytes = await readFile(store.path(0))
    bytes[bytes.length - 3]! ^= 1
    await writeFile(store.path(0), bytes)
    await writeFile(store.path(1), bytes)
    await rm(store.path(2))
    await expect(store.read([10])).rejects.toThrow('shards must be there to be read')
    expect(await store.verify()).toEqual([
      { shard: 0, path: store.path(0), problem: 'damaged: its checksum is wrong' },
      { shard: 1, path: store.path(1), problem: 'shard 0 under this name' },
      { shard: 2, path: store.path(2), problem: 'missing' },
    ])
    for (const { shard } of await store.verify()) {
      const { first, count } = store.range(shard)
      await store.write(shard, { images: images.slice(first * 4, (first + count) * 4) })
    }
    expect(await contents(at('a'))).toEqual(whole)
    expect((await store.read([0, 5, 10])).images).toEqual(
      Uint8Array.from([0, 5, 10].flatMap(i => [...images.slice(i * 4, i * 4 + 4)])),
    )
    expect(await readdir(at('a'))).toHaveLength(4)
  })

  it('refuses to read a shard of which any byte was changed', async () => {
    const store = await fill(await using(createPairStore(at('a'), { ...plan, count: 4 })))
    const whole = await readFile(store.path(0))
    const dataStart = 8 + Number(whole.readBigUInt64LE())
    for (let i = dataStart; i < whole.length; i++) {
      const bytes = Buffer.from(whole)
      bytes[i]! ^= 1
      await writeFile(store.path(0), bytes)
      await expect((await using(openPairStore(at('a')))).read([0])).rejects.toThrow(
        `datasets.PairStore.read: '${store.path(0)}' must be a whole shard of this store, got one that is damaged: its checksum is wrong. Run verify().`,
      )
    }
    for (let i = 0; i < dataStart; i++) {
      const bytes = Buffer.from(whole)
      bytes[i]! ^= 1
      await writeFile(store.path(0), bytes)
      const rows = (await using(openPairStore(at('a')))).read([0])
      const images = await rows.then(
        rows => rows.images,
        (error: Error) => error.message,
      )
      // A header may differ in what says nothing, such as its format's name.
      if (typeof images === 'string') expect(images).toContain(`'${store.path(0)}' must be a whole shard`)
      else expect(images).toEqual(Uint8Array.of(0, 5, 10, 15))
    }
    await writeFile(store.path(0), whole)
    expect((await store.read([3])).images).toEqual(Uint8Array.of(60, 65, 70, 75))
  })

  it('believes no number in pairs.json before the shards are there', async () => {
    const store = await fill(await using(createPairStore(at('a'), plan)))
    const manifest = JSON.parse(await readFile(at('a/pairs.json'), 'utf8'))
    const opened = async (changes: object) => {
      await writeFile(at('a/pairs.json'), JSON.stringify({ ...manifest, ...changes }))
      return using(openPairStore(at('a'), { incomplete: true }))
    }
    await expect(opened({ count: 1e11, shardSize: 1000 })).rejects.toThrow(
      `datasets.openPairStore: the number of shards, count / shardSize, must be an integer in [1, 1048576], got 100000000. The file is '${at('a/pairs.json')}'.`,
    )
    await expect(opened({ classes: 2e8 })).rejects.toThrow(
      'classes must be an integer in [1, 65536], got 200000000',
    )
    for (const changes of [{ origin: null }, { origin: 3 }, { shape: 7 }, { count: '4' }, { seed: -1 }])
      await expect(opened(changes)).rejects.toThrow(`The file is '${at('a/pairs.json')}'.`)
    const huge = await opened({ shape: [1e9, 1e9, 3] })
    await expect(huge.read([0])).rejects.toThrow(
      `'${store.path(0)}' must be a whole shard of this store, got one that is of another store`,
    )
  })

  it.skipIf(process.platform === 'win32')('waits for no pipe', async () => {
    const store = await fill(await using(createPairStore(at('a'), plan)))
    await rm(store.path(1))
    execFileSync('mkfifo', [store.path(1)])
    await expect(store.read([5])).rejects.toThrow(`shard must be a file, got a pipe, '${store.path(1)}'.`)
    expect(await store.verify()).toEqual([
      { shard: 1, path: store.path(1), problem: 'no file that can be read (a folder, a pipe or a device)' },
    ])
    await rm(at('a/pairs.json'))
    execFileSync('mkfifo', [at('a/pairs.json')])
    await expect(openPairStore(at('a'))).rejects.toThrow(
      `datasets.openPairStore: directory must hold a pair store, got no pairs.json in '${at('a')}' (no file).`,
    )
  })

  it('refuses to mix pairs of different plans', async () => {
    await createPairStore(at('a'), { ...plan, origin: { teacher: 'x', steps: 16 } })
    await createPairStore(at('a'), { ...plan, origin: { steps: 16, teacher: 'x' } })
    await expect(createPairStore(at('a'), { ...plan, origin: { teacher: 'y', steps: 16 } })).rejects.toThrow(
      `datasets.createPairStore: origin must be {"steps":16,"teacher":"x"}, as in the store in '${at('a')}', got {"steps":16,"teacher":"y"}. Other pairs need another directory.`,
    )
  })

  it('keeps few files open, however many shards are read at once', async () => {
    const many = { ...plan, count: 600, shardSize: 2 }
    const store = await createPairStore(at('a'), many)
    for (const shard of await store.missing())
      await store.write(shard, { images: new Uint8Array(8).fill(shard & 255) })
    const order = createRng(1).permutation(600)
    const halves = [order.slice(0, 300), order.slice(300)]
    const rows = await Promise.all(halves.map(half => store.read(half)))
    for (const [h, half] of halves.entries())
      expect([...rows[h]!.images].filter((_, i) => i % 4 === 0)).toEqual([...half].map(i => (i >> 1) & 255))
    await store.close()
  })

  it('says what is wrong', async () => {
    const store = await using(createPairStore(at('a'), plan))
    await expect(openPairStore(at('none'))).rejects.toThrow(
      `datasets.openPairStore: directory must hold a pair store, got no pairs.json in '${at('none')}' (ENOENT).`,
    )
    await expect(openPairStore(at('a'))).rejects.toThrow(
      `datasets.openPairStore: directory must hold all 3 shards, got none for shard 0, 1, 2 in '${at('a')}'. Make them with createPairStore and write().`,
    )
    await expect(store.write(2, { images: images.slice(0, 16) })).rejects.toThrow(
      'datasets.PairStore.write: images must hold 12 numbers, [3,2,2,1], got 16.',
    )
    await expect(store.write(3, { images })).rejects.toThrow(
      'datasets.PairStore.write: shard must be an integer in [0, 2], got 3.',
    )
    await expect(store.write(2, { images: images.slice(0, 12), labels: [0] })).rejects.toThrow(
      'datasets.PairStore.write: labels must not be given: the plan of this store has none, got [0].',
    )
    await expect(store.read([11])).rejects.toThrow(
      'datasets.PairStore.read: indices[0] must be an integer in [0, 10], got 11.',
    )
    await expect(store.read([0])).rejects.toThrow(
      `datasets.PairStore.read: shards must be there to be read, got none at '${store.path(0)}'.`,
    )
    await fill(store)
    await truncate(store.path(1), 100)
    await expect((await using(openPairStore(at('a')))).read([5])).rejects.toThrow(
      `datasets.PairStore.read: '${store.path(1)}' must be a whole shard of this store, got one that is damaged: its header is not whole. Run verify().`,
    )
    await writeFile(at('a/pairs.json'), '{}')
    await expect(openPairStore(at('a'))).rejects.toThrow(
      `datasets.openPairStore: '${at('a/pairs.json')}' must be the manifest of a pair store (version 1), got undefined undefined.`,
    )
    await expect(createPairStore(at('b'), { ...plan, shape: [2, 2] as never })).rejects.toThrow(
      'datasets.createPairStore: shape must be [H,W,C], got [2,2].',
    )
    expect(basename(store.path(1))).toBe('pairs-000000004.safetensors')
  })

  it('leaks no tensor', async () => {
    const store = await fill(await using(createPairStore(at('a'), plan)))
    await expectNoLeak(async () => {
      const { x, z } = await store.batch([1, 7])
      tf.dispose([x, z])
    })
  })
})

describe('concatPairs', () => {
  const sets = [9, 4].map(seed => pairSet({ ...size, images: images.slice(0, 12), seed }))

  it('reads several sets as one', async () => {
    const both = concatPairs(sets)
    const { x, z } = await both.batch([4, 0, 5, 1])
    const [a, b] = [sets[0]!.batch([0, 1]), sets[1]!.batch([1, 2])]
    expect(both.count).toBe(6)
    await expectClose(z, tf.gather(tf.concat([a.z, b.z]), [2, 0, 3, 1]), exact)
    await expectClose(x, tf.gather(tf.concat([a.x, b.x]), [2, 0, 3, 1]), exact)
  })

  it('leaks no tensor, also if a set fails', async () => {
    await expectNoLeak(async () => {
      const { x, z } = await concatPairs(sets).batch([4, 0])
      tf.dispose([x, z])
      const broken = { count: 3, batch: () => Promise.reject(new Error('no disk')) }
      await expect(concatPairs([sets[0]!, broken]).batch([0, 4])).rejects.toThrow('no disk')
    })
  })
})
