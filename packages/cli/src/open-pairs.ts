import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Pairs } from '@rectified-flow/core'
import { filterPairs, type IndexedPairs } from '@rectified-flow/datasets'
import { openPairStore, openReferencePairs, type PairStore } from '@rectified-flow/datasets/node'
import * as tf from '@tensorflow/tfjs-core'
import { inside } from './input-file.js'
import type { NetworkInput } from './open-data.js'

/** The least and the largest value of measures, by name. */
export type Ranges = Readonly<Record<string, readonly [least: number, most: number]>>

interface OpenedPairs extends IndexedPairs {
  /** How many classes there are; absent if the pairs have no labels. */
  classes?: number | undefined
  close(): Promise<void>
}

/** Open pairs for a network: a store of `rectified-flow pairs`, or a folder in the reference's format. */
export async function openPairsFor(net: NetworkInput, path: string, keep?: Ranges): Promise<OpenedPairs> {
  const pairs = await openPairs(path, keep)
  const { count, classes, shape } = pairs
  const size = [net.imgResolution, net.imgResolution, net.inChannels]
  const problem =
    String(shape) !== String(size)
      ? `hold images [${size}], as the network takes, got [${shape}]`
      : net.labelDim > 0 && classes !== undefined && classes > net.labelDim
        ? `have at most ${net.labelDim} classes, as the network has, got ${classes}`
        : undefined
  if (problem) {
    await pairs.close()
    throw new RangeError(`coupling.pairs must ${problem} in '${path}'.`)
  }
  return {
    count,
    classes,
    batch: async indices => withLabels(await pairs.batch(indices), net.labelDim),
    close: () => pairs.close(),
  }
}

/**
 * Open pairs of either kind as they are.
 *
 * @param keep  only the pairs whose measures are in these ranges
 */
export async function openPairs(
  path: string,
  keep?: Ranges,
): Promise<OpenedPairs & { shape: readonly number[] }> {
  if (existsSync(join(path, 'samples.zip'))) {
    if (keep) throw new RangeError(`coupling.keep must be without reference pairs, which have no measures.`)
    const pairs = await openReferencePairs(path)
    return { ...pairs, shape: [pairs.height, pairs.width, pairs.channels] }
  }
  const store = await openPairStore(path)
  const { shape, classes } = store.plan
  return {
    ...{ count: store.count, shape, classes },
    batch: indices => store.batch(indices),
    close: () => store.close(),
    ...(keep && (await within(store, keep))),
  }
}

/** The pairs whose measures are in these ranges. If there is none, the store is closed. */
async function within(store: PairStore, keep: Ranges): Promise<IndexedPairs> {
  const ranges = Object.entries(keep)
  const { quality = [] } = store.plan
  const isWithin = (measures: Readonly<Record<string, number>>) =>
    ranges.every(([name, [least, most]]) => measures[name]! >= least && measures[name]! <= most)
  try {
    const missing = ranges.find(([name]) => !quality.includes(name))
    if (missing)
      throw new RangeError(
        `coupling.keep must name measures of '${store.directory}', which has ${quality.join(', ') || 'none'}, got ${missing[0]}.`,
      )
    const { count, batch } = await inside('coupling.keep', () => filterPairs(store, isWithin))
    return { count, batch }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** The pairs with one-hot labels as wide as the network's; without labels if it has no classes. Takes the labels. */
function withLabels({ x, z, labels }: Pairs, width: number): Pairs {
  if (!labels) return { x, z }
  const [, classes] = labels.shape
  const wide =
    width > 0
      ? tf.pad(labels, [
          [0, 0],
          [0, width - classes],
        ])
      : undefined
  labels.dispose()
  return { x, z, ...(wide && { labels: wide }) }
}
