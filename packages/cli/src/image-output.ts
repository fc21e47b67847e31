import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeNpz } from '@rectified-flow/checkpoints'
import { signedToBytes } from '@rectified-flow/core'
import type { HostImages } from '@rectified-flow/datasets'
import { writePngGrid } from '@rectified-flow/datasets/node'
import type * as tf from '@tensorflow/tfjs-core'
import { writeOutput } from './write-output.js'

/** Where a command's images go, each under a number. */
export interface ImageOutput {
  /** Whether image n is there already, of a run before. */
  has(n: number): boolean
  /** x [B,H,W,C] in [-1,1]: image numbers[i] is row i. Borrowed. */
  write(numbers: readonly number[], x: tf.Tensor4D): Promise<void>
  /** Called once, when all are written. */
  finish(): Promise<void>
}

/**
 * A name ending in .png is one grid, in .npz one file with `arr_0` [N,H,W,C] of bytes, and any other a folder of PNGs,
 * where images of a run before are kept.
 */
export async function imageOutput(path: string): Promise<ImageOutput> {
  if (path.endsWith('.png')) return collected(images => writePngGrid(path, images))
  if (path.endsWith('.npz')) return collected(images => writeNpzImages(path, images))
  await mkdir(path, { recursive: true })
  const there = new Set(await readdir(path))
  return {
    has: n => there.has(fileName(n)),
    async write(numbers, x) {
      for (const [i, image] of (await hostImages(x)).entries())
        await writePngGrid(join(path, fileName(numbers[i]!)), image)
    },
    async finish() {},
  }
}

const fileName = (n: number) => `${String(n).padStart(6, '0')}.png`

/** Keeps all on the host until the end, in the order of their numbers. */
function collected(finish: (images: HostImages) => Promise<void>): ImageOutput {
  const kept = new Map<number, HostImages>()
  return {
    has: () => false,
    async write(numbers, x) {
      for (const [i, image] of (await hostImages(x)).entries()) kept.set(numbers[i]!, image)
    },
    async finish() {
      await finish(joined([...kept].sort(([a], [b]) => a - b).map(([, image]) => image)))
    },
  }
}

/** The images of a batch, each [1,H,W,C], by one read of the device. */
async function hostImages(x: tf.Tensor4D): Promise<HostImages[]> {
  const [count, height, width, channels] = x.shape
  const data = (await x.data()) as Float32Array
  const size = height * width * channels
  return Array.from({ length: count }, (_, i) => ({
    data: data.slice(i * size, (i + 1) * size),
    shape: [1, height, width, channels],
  }))
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
