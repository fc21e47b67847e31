import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createRng } from '@rectified-flow/core'
import { writePngGrid } from '@rectified-flow/datasets/node'
import { createUNet, saveUNet, type UNetConfig } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'

// Small inputs of every kind that commands read.

const sharp = createRequire(join(import.meta.dirname, '../../datasets/package.json'))('sharp').default
const SIDE = 8

/** Write a network of 8x8 images in the format of `saveUNet`. */
export async function tinyNetwork(
  path: string,
  { channels = 3, nan = false, ...more }: Partial<UNetConfig> & { channels?: number; nan?: boolean } = {},
): Promise<string> {
  const size = { imgResolution: SIDE, inChannels: channels, outChannels: channels }
  const net = createUNet(
    { ...size, modelChannels: 8, channelMult: [1], numBlocks: 1, ...more } as UNetConfig,
    { rng: createRng(0) },
  )
  if (nan) for (const weight of net.weights.values()) tf.tidy(() => weight.assign(tf.fill(weight.shape, NaN)))
  await writeFile(path, await saveUNet(net))
  net.dispose()
  return path
}

/** Write images of one colour each, 8x8. A name that ends in .jpg is a JPEG. */
export async function tinyImages(
  folder: string,
  names: readonly string[],
  { channels = 3, side = SIDE }: { channels?: 1 | 3; side?: number } = {},
): Promise<string> {
  for (const [i, name] of names.entries()) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    const size = side * side * channels
    if (name.endsWith('.jpg')) {
      const raw = { width: side, height: side, channels }
      await sharp(Buffer.alloc(size, 20 * i), { raw })
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .jpeg()
        .toFile(path)
    } else
      await writePngGrid(path, {
        data: new Float32Array(size).fill(i / 10),
        shape: [1, side, side, channels],
      })
  }
  return folder
}
