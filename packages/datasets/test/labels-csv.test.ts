import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createPairStore,
  openReferencePairs,
  type PairStore,
  writeReferencePairs,
} from '@rectified-flow/datasets/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let folder: string
let csv: string
let store: PairStore
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'csv-'))
  const plan = { count: 3, seed: 0, shape: [1, 1, 1] as const, noise: 'pcg64' as const }
  store = await createPairStore(join(folder, 'store'), plan)
  await store.write(0, { images: new Uint8Array(3), noise: new Uint8Array(96) })
  await writeReferencePairs(join(folder, 'pairs'), store, { shape: [1, 1, 1] })
  csv = join(folder, 'pairs/images_labels.csv')
})
afterAll(async () => {
  await store.close()
  await rm(folder, { recursive: true })
})

async function labels(text: string, classes?: number) {
  await writeFile(csv, text)
  const pairs = await openReferencePairs(join(folder, 'pairs'), classes === undefined ? {} : { classes })
  const { labels } = await pairs.read([0, 1, 2])
  await pairs.close()
  return [labels, pairs.classes]
}

describe('images_labels.csv', () => {
  it.each([
    ['00000.png,2\r\n00001.png,0\r\n00002.png,1\r\n', [[2, 0, 1], 3]],
    ['00002.png,1\n00001.png,0\n00000.png,2', [[2, 0, 1], 3]],
    ['00000.png\n00001.png\n00002.png\n', [undefined, undefined]],
    ['', [undefined, undefined]],
  ])('gives the labels of %j', async (text, want) => {
    expect(await labels(text)).toEqual(want)
  })

  it.each([
    [
      '00000.png,\n00001.png,0\n00002.png,1\n',
      "must have lines of NNNNN.png,class for 3 pairs, got '00000.png,'.",
    ],
    ['00000.png, \n', "got '00000.png,'."],
    ['0x1.png,1\n', "got '0x1.png,1'."],
    ['00001abc,1\n', "got '00001abc,1'."],
    ['00000.png,1e0\n', "got '00000.png,1e0'."],
    ['00000.png,-1\n', "got '00000.png,-1'."],
    ['00003.png,1\n', "got '00003.png,1'."],
    ['00000.png,1\n00000.png,2\n', 'must have one class a pair, got two for pair 0.'],
    ['00000.png,1\n00002.png,2\n', 'must have a class for each of 3 pairs, got none for pair 1.'],
    [
      '00000.png,0\n00001.png,200000000\n00002.png,0',
      'must have for pair 1 a class, an integer in [0, 65535], got 200000000.',
    ],
    [
      '00000.png,0\n00001.png,4294967297\n00002.png,0',
      'for pair 1 a class, an integer in [0, 65535], got 4294967297.',
    ],
  ])('is refused as %j', async (text, message) => {
    await expect(labels(text)).rejects.toThrow(`datasets.openReferencePairs: '${csv}' must have`)
    await expect(labels(text)).rejects.toThrow(message)
  })

  it('may have fewer classes than the caller says, not more', async () => {
    const text = '00000.png,2\n00001.png,0\n00002.png,1\n'
    expect(await labels(text, 10)).toEqual([[2, 0, 1], 10])
    await expect(labels(text, 2)).rejects.toThrow(
      `datasets.openReferencePairs: classes must be at least 3, as the labels in '${join(folder, 'pairs')}' need, got 2.`,
    )
  })
})

it('openReferencePairs names the file that lacks', async () => {
  const copy = join(folder, 'copy')
  await cp(join(folder, 'pairs'), copy, { recursive: true })
  for (const name of (await readdir(copy)).filter(name => name.endsWith('.zip'))) {
    await rm(join(copy, name))
    await expect(openReferencePairs(copy)).rejects.toThrow(
      `datasets.openZip: path must be a file, got '${join(copy, name)}' (ENOENT).`,
    )
    await cp(join(folder, 'pairs', name), join(copy, name))
  }
})
