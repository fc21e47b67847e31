import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeNpz } from '@rectified-flow/checkpoints'
import { signedToBytes } from '@rectified-flow/core'
import type { HostImages } from '@rectified-flow/datasets'
import { writePngGrid } from '@rectified-flow/datasets/node'
import type * as tf from '@tensorflow/tfjs-core'
import { finiteRows } from './finite-rows.js'
import { writeOutput } from './write-output.js'

/** Where a command writes its images, each under a number. */
export interface ImageOutput {
  /** Whether an earlier run has written image n. */
  has(n: number): boolean
  /** x [B,H,W,C] in [-1,1], borrowed: row i is image numbers[i]. */
  write(numbers: readonly number[], x: tf.Tensor4D): Promise<void>
  /** Call once, after the last `write`. */
  finish(): Promise<void>
}

/**
 * A name that ends in .png is one grid; in .npz, one file with `arr_0` [N,H,W,C] of bytes. Any other name is a folder of
 * PNGs, where images of an earlier run are kept.
 */
export async function imageOutput(path: string): Promise<ImageOutput> {
  if (path.endsWith('.png')) return collected(images => writePngGrid(path, images))
  if (path.endsWith('.npz')) return collected(images => writeNpzImages(path, images))
  await mkdir(path, { recursive: true })
  const there = new Set(await readdir(path))
  return {
    has: n => there.has(fileName(n)),
    async write(numbers, x) {
      for (const [i, image] of (await hostImages(numbers, x)).entries())
        await writePngGrid(join(path, fileName(numbers[i]!)), image)
    },
    async finish() {},
  }
}

const fileName = (n: number) => `${String(n).padStart(6, '0')}.png`

/** Keep all images on the host until the end, then write them in the order of their numbers. */
function collected(finish: (images: HostImages) => Promise<void>): ImageOutput {
  const kept = new Map<number, HostImages>()
  return {
    has: () => false,
    async write(numbers, x) {
      for (const [i, image] of (await hostImages(numbers, x)).entries()) kept.set(numbers[i]!, image)
    },
    async finish() {
      await finish(joined([...kept].sort(([a], [b]) => a - b).map(([, image]) => image)))
    },
  }
}

/** The images of a batch, each [1,H,W,C]. */
async function hostImages(numbers: readonly number[], x: tf.Tensor4D): Promise<HostImages[]> {
  const [, height, width, channels] = x.shape
  const rows = await finiteRows('cli.imageOutput', 'image', numbers, x)
  return rows.map(data => ({ data, shape: [1, height, width, channels] }))
}

function joined(images: readonly HostImages[]): HostImages {
  const [, height, width, channels] = images[0]?.shape ?? [0, 0, 0, 0]
  const size = height * width * channels
  const data = new Float32Array(images.length * size)
  for (const [i, image] of images.entries()) data.set(image.data, i * size)
  return { data, shape: [images.length, height, width, channels] }
}

async function writeNpzImages(path: string, { data, shape }: HostImages): Promise<void> {
  const bytes = signedToBytes(data)
  await writeOutput(path, await writeNpz({ arr_0: { dtype: 'U8', shape: [...shape], data: bytes } }))
}
