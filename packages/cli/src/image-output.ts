import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeNpz } from '@rectified-flow/checkpoints'
import { makeFolder } from '@rectified-flow/checkpoints/node'
import { signedToBytes } from '@rectified-flow/core'
import { decodePng, type HostImages, type PngGridOptions } from '@rectified-flow/datasets'
import { writePngGrid } from '@rectified-flow/datasets/node'
import type * as tf from '@tensorflow/tfjs-core'
import { checkOutput } from './check-output.js'
import { finiteRows } from './finite-rows.js'
import { keepOrigin, type Origin } from './folder-origin.js'
import { writeOutput } from './write-output.js'

/** Throw unless images can be written to a path. */
export const checkImageOutput = (path: string): Promise<void> =>
  checkOutput('--out', path, /\.(png|npz)$/.test(path) ? 'file' : 'folder')

/** Where a command writes its images, each under a number. */
export interface ImageOutput {
  /** Those of the images that no earlier run has written, or that are damaged. */
  missing(numbers: readonly number[]): Promise<number[]>
  /** x [B,H,W,C] in [-1,1], borrowed: row i is image numbers[i]. */
  write(numbers: readonly number[], x: tf.Tensor4D): Promise<void>
  /** Call once, after the last `write`. */
  finish(): Promise<void>
}

/**
 * A name that ends in .png is one grid; in .npz, one file with `arr_0` [N,H,W,C] of bytes. Any other name is a folder of
 * PNGs, where images of an earlier run of the same origin are kept.
 */
export async function imageOutput(
  path: string,
  { grid, origin }: { grid?: PngGridOptions; origin: () => Promise<Origin> },
): Promise<ImageOutput> {
  if (path.endsWith('.png')) return collected(images => writePngGrid(path, images, grid))
  if (path.endsWith('.npz')) return collected(images => writeNpzImages(path, images))
  await makeFolder(path)
  const names = await readdir(path)
  await keepOrigin(path, await origin(), !names.some(name => PICTURE.test(name)))
  return {
    async missing(numbers) {
      const there = new Set(await readdir(path))
      const missing: number[] = []
      for (const n of numbers)
        if (!there.has(fileName(n)) || !(await isWholePng(join(path, fileName(n))))) missing.push(n)
      return missing
    },
    async write(numbers, x) {
      for (const [i, image] of (await hostImages(numbers, x)).entries())
        await writePngGrid(join(path, fileName(numbers[i]!)), image)
    },
    async finish() {},
  }
}

const PICTURE = /^\d{6,}\.png$/
const fileName = (n: number) => `${String(n).padStart(6, '0')}.png`

/** Whether a picture can be decoded. One that was copied by half can't. */
async function isWholePng(path: string): Promise<boolean> {
  try {
    decodePng(await readFile(path)).dispose()
    return true
  } catch {
    return false
  }
}

/** Keep all images on the host until the end, then write them in the order of their numbers. */
function collected(finish: (images: HostImages) => Promise<void>): ImageOutput {
  const kept = new Map<number, HostImages>()
  return {
    missing: async numbers => [...numbers],
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
