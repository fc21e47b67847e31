import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readSafetensorsFile, writeSafetensorsFile } from '@rectified-flow/checkpoints/node'
import { type PairSet, type PairSetParts, pairSet } from '../pair-set.js'

const NAME = /^pairs-(\d{9})\.safetensors$/

/** The file of the shard that begins with pair `first`. */
export function pairShardPath(directory: string, first: number): string {
  return join(directory, `pairs-${String(first).padStart(9, '0')}.safetensors`)
}

/**
 * Write one shard of a pair store: a safetensors file with the images as bytes, the noise as its seed. It gets its name
 * when it is whole, so a killed run leaves whole shards only.
 */
export async function writePairShard(directory: string, shard: PairSetParts): Promise<void> {
  const { images, height, width, channels, seed, first = 0 } = shard
  const count = images.length / (height * width * channels)
  await writeSafetensorsFile(
    pairShardPath(directory, first),
    new Map([['images', { dtype: 'U8' as const, shape: [count, height, width, channels], data: images }]]),
    { format: 'rectified-flow/pairs', seed: String(seed), first: String(first) },
  )
}

async function readPairShard(path: string): Promise<PairSetParts & { first: number }> {
  const { tensors, metadata } = await readSafetensorsFile(path)
  const images = tensors.get('images')
  const [seed, first] = [Number(metadata.seed), Number(metadata.first)]
  if (metadata.format !== 'rectified-flow/pairs' || images?.dtype !== 'U8' || images.shape.length !== 4)
    throw new RangeError(
      `datasets.readPairShards: ${path} must be a shard of pairs, got another kind of file.`,
    )
  const [, height, width, channels] = images.shape as [number, number, number, number]
  return { images: images.data as Uint8Array, height, width, channels, seed, first }
}

/**
 * All pairs of a store. Throws unless its shards are of one seed and size and follow each other without a gap.
 *
 * @param directory  where `writePairShard` put the shards
 */
export async function readPairShards(directory: string): Promise<PairSet> {
  const where = 'datasets.readPairShards'
  const names = (await readdir(directory)).filter(name => NAME.test(name)).sort()
  if (names.length === 0)
    throw new RangeError(`${where}: directory must hold shards of pairs, got none in ${directory}.`)
  const shards = await Promise.all(names.map(name => readPairShard(join(directory, name))))
  const start = shards[0]!
  const { height, width, channels, seed, first } = start
  const images = new Uint8Array(shards.reduce((bytes, shard) => bytes + shard.images.length, 0))
  let next = first
  let offset = 0
  for (const [i, shard] of shards.entries()) {
    const alike =
      shard.seed === seed && shard.height === height && shard.width === width && shard.channels === channels
    if (!alike || shard.first !== next)
      throw new RangeError(
        `${where}: ${names[i]} must go on with pair ${next} of seed ${seed}, got pair ${shard.first} of seed ${shard.seed}.`,
      )
    images.set(shard.images, offset)
    offset += shard.images.length
    next += shard.images.length / (height * width * channels)
  }
  return pairSet({ images, height, width, channels, seed, first })
}
