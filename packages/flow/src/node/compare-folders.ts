import { checkOptions, describe } from '@rectified-flow/core'
import { batches, type ImageSource } from '@rectified-flow/datasets'
import { openImages } from '@rectified-flow/datasets/node'
import {
  type Evaluation,
  type Extractor,
  evaluate,
  type MetricName,
  measureImages,
  metrics,
} from '@rectified-flow/eval-fid'
import { readCifarFeatures, readDigitFeatures, readFidInception } from '@rectified-flow/eval-fid/node'
import { startBackend } from '../start-backend.js'

/** The networks that measure. Only 'inception' gives FID; its weights are fetched once. The others are small and shipped. */
const networks = {
  inception: () => readFidInception(),
  digits: () => readDigitFeatures(),
  cifar: () => readCifarFeatures(),
} as const

export interface CompareFoldersOptions {
  /** The network that measures: 'inception' for FID, 'digits', 'cifar', or an extractor of your own, which is borrowed. */
  features?: keyof typeof networks | Extractor
  metrics?: readonly MetricName[]
  /** Crop each image to its centre square, resized to resolution x resolution. */
  resolution?: number
}

/**
 * Measure how far the images of `a` are from those of `b`, the real ones. If no backend is active, the first that works is used.
 *
 *     const { frechetDistance } = await compareFolders('samples', 'photos')
 *
 * @param a  images in any form that `openImages` of `@rectified-flow/datasets/node` opens
 * @returns  the chosen metrics ('frechetDistance' by default), and a record of how they were made
 */
export async function compareFolders(
  a: string,
  b: string,
  options: CompareFoldersOptions = {},
): Promise<Evaluation> {
  const where = 'flow.compareFolders'
  checkOptions<CompareFoldersOptions>(where, options, {
    features: 'optional',
    metrics: 'optional',
    resolution: 'optional',
  })
  const { features = 'inception', metrics: names = ['frechetDistance'], resolution } = options
  if (typeof features === 'string' && !Object.hasOwn(networks, features))
    throw new RangeError(
      `${where}: features must be one of ${Object.keys(networks).join(', ')}, or an extractor, got ${describe(features)}.`,
    )
  await startBackend()
  const extractor = typeof features === 'string' ? await networks[features]() : features
  const sources: ImageSource[] = []
  try {
    for (const path of [a, b])
      sources.push(
        await openImages(path, {
          ...(features !== 'digits' && { channels: 3 }),
          ...(resolution !== undefined && { resolution }),
        }),
      )
    const [generated, real] = sources as [ImageSource, ImageSource]
    const keep = names.map(name => metrics[name].needs)
    const reference = await measureImages(extractor, batches(real), { keep })
    return await evaluate(extractor, batches(generated), { reference, metrics: names })
  } finally {
    for (const source of sources) await source.close()
    if (typeof features === 'string') extractor.dispose()
  }
}
