import { cp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readNpz, toFloat32 } from '@rectified-flow/checkpoints'
import { openPairStore, readMnist } from '@rectified-flow/datasets/node'
import { expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openPairs } from '../src/open-pairs.js'
import { contents, MNIST, TEACHER, temporaryFolder } from './digits.js'
import { run } from './run.js'
import { tinyNetwork } from './tiny.js'

const common = ['--network', TEACHER, '--backend', 'wasm', '--shard-size', '8']
const make = (out: string, ...more: string[]) =>
  run('pairs', ...common, '--steps', '1', '--count', '40', '--out', out, ...more)
const invert = (out: string, ...more: string[]) =>
  run('pairs', 'invert', MNIST, ...common, ...['--steps', '2', '--count', '20', '--out', out, ...more])
const shard = (store: string, first: number) =>
  join(store, `pairs-${String(first).padStart(9, '0')}.safetensors`)

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let whole: string
beforeAll(async () => {
  folder = await temporaryFolder('pairs-')
  whole = folder.at('whole')
})
afterAll(() => folder.remove())

it('names damaged and missing shards, and makes only those again', async () => {
  expect((await make(whole)).out).toBe(`40 pairs made; ${whole} is complete`)
  const store = folder.at('damaged')
  await cp(whole, store, { recursive: true })
  const bytes = await readFile(shard(store, 16))
  bytes[bytes.length - 5]! ^= 1
  await writeFile(shard(store, 16), bytes)
  await rm(shard(store, 32))
  const untouched = await stat(shard(store, 8))
  const verified = await run('pairs', 'verify', store).catch((error: Error) => error)
  expect((verified as Error).message).toContain('2 of 5 shards must be made again.')
  expect((await make(store)).out).toBe(`8 pairs made; ${store} is complete`)
  await expect(run('pairs', 'verify', store)).rejects.toThrow('1 of 5 shards must be made again.')
  expect((await make(store, '--verify')).out).toBe(`8 pairs made; ${store} is complete`)
  expect((await run('pairs', 'verify', store)).out).toBe('40 pairs in 5 shards, every byte as it was written')
  expect(await contents(store)).toEqual(await contents(whole))
  expect((await stat(shard(store, 8))).mtimeMs).toBe(untouched.mtimeMs)
})

it('merges what two machines made', async () => {
  const [a, b, both] = [folder.at('a'), folder.at('b'), folder.at('both')]
  await make(a, '--shard', '0/2')
  expect((await run('pairs', 'merge', a, '-o', both)).out).toBe(
    `merged in ${both}; still missing: 2 shards, 1, 3`,
  )
  await make(b, '--shard', '1/2')
  expect((await run('pairs', 'merge', a, b, '-o', both)).out).toBe(`${both} is complete`)
  expect(await contents(both)).toEqual(await contents(whole))
})

it('inverts real images into a store that training reads, in shards as in one run', async () => {
  const [one, two] = [folder.at('inverted'), folder.at('inverted-in-two')]
  expect((await invert(one)).out).toBe(`20 pairs made; ${one} is complete`)
  expect((await invert(two, '--shard', '1/2')).out).toBe('8 pairs made; 2 shards are still missing')
  expect((await invert(two, '--shard', '0/2')).out).toBe(`12 pairs made; ${two} is complete`)
  expect(await contents(two)).toEqual(await contents(one))
  const store = await openPairStore(one)
  const { images } = await store.read([3, 19])
  expect(images).toEqual((await (await readMnist(MNIST, { split: 'train' })).read([3, 19])).images)
  const z = (await store.read([...Array(20).keys()])).noise as Float32Array
  await store.close()
  const numbers = folder.at('noise.npz')
  const all = ['--images', '0-19', '--steps', '2', '--out', numbers]
  await run('invert', MNIST, '--network', TEACHER, '--backend', 'wasm', ...all)
  const expected = (await readNpz(await readFile(numbers))).get('arr_0')!
  await expectClose(tf.tensor1d(z), tf.tensor1d(toFloat32(expected)), { rtol: 2 ** -11, atol: 1e-6 }) // kept in half precision

  const config = folder.at('g.json')
  const settings = { recipe: 'C', batch: 4, saveEvery: 2, previewEvery: 2, previewImages: 1, steps: 2 }
  await writeFile(
    config,
    JSON.stringify({ network: { initial: TEACHER }, coupling: { pairs: one }, ...settings }),
  )
  expect((await run('train', config, '--out', folder.at('g'), '--backend', 'wasm')).out).toContain(
    '2 steps done',
  )
})

it('never mixes pairs of different origins', async () => {
  const store = folder.at('origin')
  await invert(store)
  await expect(invert(store, '--steps', '3')).rejects.toThrow('origin must be')
  await expect(run('pairs', 'merge', store, whole, '-o', folder.at('mixed'))).rejects.toThrow(
    'datasets.mergePairStores: count must be 20',
  )
  await expect(run('pairs', 'verify', folder.at('none'))).rejects.toThrow(
    'datasets.openPairStore: directory must hold a pair store',
  )
})

it('follows the paths of a flow in many steps unless it is told otherwise, and warns at one', async () => {
  const tiny = await tinyNetwork(folder.at('tiny.safetensors'))
  const tinyPairs = async (name: string, ...more: string[]) => {
    const out = folder.at(name)
    const { err } = await run(
      'pairs',
      '--network',
      tiny,
      '--backend',
      'cpu',
      '--count',
      '2',
      '--out',
      out,
      ...more,
    )
    const { origin } = (await openPairStore(out)).plan
    return { origin, warning: err.split('\n').find(line => line.startsWith('warning')) }
  }
  expect(await tinyPairs('many')).toEqual({
    origin: expect.objectContaining({ sampler: 'euler', steps: 128 }),
    warning: undefined,
  })
  expect((await tinyPairs('edm', '--edm')).origin).toMatchObject({ sampler: 'edm', steps: 18 })
  for (const one of [
    ['--steps', '1'],
    ['--times', '0.99,0'],
  ])
    expect((await tinyPairs(one[0]!, ...one)).warning).toMatch(/one step draws blurred images.*--steps 128/)
  expect((await tinyPairs('two', '--steps', '2')).warning).toBeUndefined()
})

it('refuses to pair more images than there are', async () => {
  await expect(invert(folder.at('more'), '--count', '60001')).rejects.toThrow(
    `--count must be in 1..60000, as many as '${MNIST}' has images, got 60001.`,
  )
})

it('writes a store as tars, and only those that are missing', async () => {
  const tars = folder.at('tars')
  const write = () =>
    run('pairs', 'webdataset', whole, '--out', tars, '--shard-size', '16', '--backend', 'cpu')
  expect((await write()).out).toBe(`40 pairs in 3 tars in ${tars}`)
  const before = await contents(tars)
  await rm(join(tars, 'pairs-000000016.tar'))
  await write()
  expect(await contents(tars)).toEqual(before)
  expect(before).toHaveLength(3)
})

it('measures pairs, shows them on a page, and trains on those in a range', async () => {
  const store = folder.at('measured')
  const options = ['--count', '24', '--steps', '2', '--out', store, '--quality', 'inversionError,length']
  const made = await run('pairs', ...common, ...options)
  expect(made.out).toBe(`24 pairs made; ${store} is complete`)
  const opened = await openPairStore(store)
  const { length, inversionError } = await opened.quality()
  await opened.close()
  const sorted = [...length!].sort((a, b) => a - b)
  expect(sorted[0]).toBeGreaterThanOrEqual(1)
  expect(Math.min(...inversionError!)).toBeGreaterThan(0)

  const page = folder.at('pairs.html')
  expect((await run('report', store, '-o', page)).out).toBe(`the store's report is ${page}`)
  const html = await readFile(page, 'utf8')
  expect(html.match(/<svg/g)).toHaveLength(2)
  expect(html).toContain(`<th>median</th><td>${Number(sorted[12]!.toPrecision(4))}</td>`)
  expect(html.match(/data:image\/png/g)).toHaveLength(4)
  await expect(run('report', store, '--watch')).rejects.toThrow('--watch must be without a store of pairs')

  const most = (sorted[7]! + sorted[8]!) / 2
  const kept = await openPairs(store, { length: [0, most] })
  expect(kept.count).toBe(8)
  await kept.close()
  await expect(openPairs(store, { bend: [0, 1] })).rejects.toThrow('has inversionError, length, got bend.')
  await expect(openPairs(store, { length: [0, 0.5] })).rejects.toThrow('got 0. It is in coupling.keep.')
})

it.each([
  [['--edm'], '--quality measures the path of a flow, so it must be without --edm'],
  [['--rule', 'reinterpolate'], '--quality measures the path of a flow, so it must be without --rule'],
])('refuses --quality with %j', async (more, message) => {
  await expect(make(folder.at('refused'), '--quality', 'length', ...more)).rejects.toThrow(message)
})
