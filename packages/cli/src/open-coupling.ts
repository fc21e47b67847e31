import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Chosen, type Coupling, makeChosen, type Rng } from '@rectified-flow/core'
import type { IndexedImages, IndexedPairs } from '@rectified-flow/datasets'
import { readBatch } from '@rectified-flow/datasets'
import { openImages, openPairStore, openReferencePairs } from '@rectified-flow/datasets/node'
import { type CouplingContext, couplings } from '@rectified-flow/reflow'
import { configFromReference, presets } from '@rectified-flow/unet'
import type { TrainConfig } from './train-config.js'

/** The coupling of a configuration, over its pairs or its images. */
export async function openCoupling(
  { coupling: { pairs, data, ...chosen }, network }: TrainConfig,
  rng: Rng,
): Promise<{ coupling: Coupling; close(): Promise<void> }> {
  const source = pairs === undefined ? await openData(data!, network) : await openPairs(pairs)
  const { close, plain, ...given } = source
  const make = (choice: Chosen, coupling?: Coupling) =>
    makeChosen<Coupling, CouplingContext>('coupling', couplings, choice, { ...given, rng, coupling })
  return { coupling: make(chosen, make({ name: plain })), close }
}

/** Where pairs come from, and the name of the coupling that uses them unchanged. */
interface Source {
  pairs?: IndexedPairs
  data?: IndexedImages
  plain: 'stored' | 'independent'
  close(): Promise<void>
}

async function openPairs(path: string): Promise<Source> {
  const reference = existsSync(join(path, 'samples.zip'))
  const pairs = reference ? await openReferencePairs(path) : await openPairStore(path)
  return { pairs, plain: 'stored', close: () => pairs.close() }
}

async function openData(path: string, network: TrainConfig['network']): Promise<Source> {
  const side = sideOf(network)
  const source = await openImages(path, side ? { resolution: side } : {})
  const data = { count: source.count, batch: (indices: ArrayLike<number>) => readBatch(source, indices) }
  return { data, plain: 'independent', close: () => source.close() }
}

function sideOf({ config, preset }: TrainConfig['network']): number | undefined {
  if (preset) return presets[preset].imgResolution
  return config && configFromReference(config).imgResolution
}
