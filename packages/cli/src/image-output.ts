import { mkdir, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeNpz } from '@rectified-flow/checkpoints'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import type { HostImages } from '@rectified-flow/datasets'
import { writePngGrid } from '@rectified-flow/datasets/node'
import * as tf from '@tensorflow/tfjs-core'

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
      const images = tf.tidy(() => tf.unstack(x) as tf.Tensor3D[])
      try {
        for (const [i, image] of images.entries())
          await writePngGrid(join(path, fileName(numbers[i] as number)), await hostImages([image]))
      } finally {
        tf.dispose(images)
      }
    },
    async finish() {},
  }
}

const fileName = (n: number) => `${String(n).padStart(6, '0')}.png`

/** Keeps all on the host until the end, in the order of their numbers. */
function collected(finish: (images: HostImages) => Promise<void>): ImageOutput {
  const rows = new Map<number, Float32Array>()
  let shape: readonly number[] = []
  return {
    has: () => false,
    async write(numbers, x) {
      shape = x.shape.slice(1)
      const data = (await x.data()) as Float32Array
      const size = data.length / numbers.length
      for (const [i, n] of numbers.entries()) rows.set(n, data.slice(i * size, (i + 1) * size))
    },
    async finish() {
      const ordered = [...rows].sort(([a], [b]) => a - b).map(([, row]) => row)
      await finish(joined(ordered, shape))
    },
  }
}

function joined(
  rows: readonly Float32Array[],
  [height = 0, width = 0, channels = 0]: readonly number[],
): HostImages {
  const size = height * width * channels
  const data = new Float32Array(rows.length * size)
  for (const [i, row] of rows.entries()) data.set(row, i * size)
  return { data, shape: [rows.length, height, width, channels] }
}

async function hostImages(images: readonly tf.Tensor3D[]): Promise<HostImages> {
  const rows = await Promise.all(images.map(async image => (await image.data()) as Float32Array))
  return joined(rows, images[0]?.shape ?? [])
}

async function writeNpzImages(path: string, { data, shape }: HostImages): Promise<void> {
  const bytes = new Uint8Array(
    new Float32Array(data).map(value => Math.round((Math.min(1, Math.max(-1, value)) + 1) * 127.5)),
  )
  await writeWhole(path, await writeNpz({ arr_0: { dtype: 'U8', shape: [...shape], data: bytes } }))
}

/** Write a file, whole or not at all, in a folder that is made where it is missing. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFileWhole(path, bytes)
}
