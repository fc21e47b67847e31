import { compile } from '@rectified-flow/backends'
import { checkKind, checkOneOf, checkOptions, type Features, type OptionNames } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Extractor, NetworkDescription } from '../extractor.js'
import type { FeatureSet } from '../feature-set.js'
import { FeatureStatistics } from '../feature-statistics.js'
import { type ImageBatches, imagesOf } from '../image-batches.js'
import type { Kept, KeptName } from '../metric.js'

const NAMES: readonly KeptName[] = ['moments', 'spatial', 'samples', 'logits']

/** The data that a pass keeps. Statistics can be merged with those of other passes. */
interface Passed extends Kept {
  moments: FeatureStatistics
  spatial: FeatureStatistics
}

/** The result of one pass over images, with the data that `keep` asks for. It can be the reference of other images. */
export type Measurement<Name extends KeptName = never> = {
  images: number
  /** Height of every image. */
  height: number
  width: number
  channels: number
  description: NetworkDescription
} & Partial<Passed> &
  Pick<Passed, Name>

export interface MeasureOptions<Keep extends readonly KeptName[] = readonly KeptName[]> {
  /** The data to keep (see `needs` of the metrics); by default 'moments'. */
  keep?: Keep
  /** Called after each batch with the number of images that are done. */
  onProgress?: (images: number) => void
}

const measureNames: OptionNames<MeasureOptions> = { keep: 'optional', onProgress: 'optional' }

/** The names in a list that is written in the call; of any other list the compiler knows none. */
type NamesOf<Keep extends readonly KeptName[]> = number extends Keep['length'] ? never : Keep[number]

/**
 * Pass over images once and keep the data that metrics need. 'spatial' and 'logits' need an extractor with that output.
 *
 * @param images  batches [B,H,W,C] of one size; each is disposed when it is measured or when an error is thrown
 */
export async function measureImages<const Keep extends readonly KeptName[] = ['moments']>(
  extractor: Features | Extractor,
  images: ImageBatches,
  options: MeasureOptions<Keep> = {},
): Promise<Measurement<NamesOf<Keep>>> {
  const where = 'eval-fid.measureImages'
  checkOptions(where, options, measureNames)
  const { keep = ['moments'], onProgress }: MeasureOptions = options
  checkKind(where, 'extractor', extractor, 'an extractor such as readFidInception()', ['dim', 'extract'])
  for (const [i, name] of keep.entries()) checkOneOf(where, `keep[${i}]`, name, NAMES)
  const wanted = ['features', ...(['spatial', 'logits'] as const).filter(output => keep.includes(output))]
  const given = 'measure' in extractor ? extractor.outputs : ['features']
  for (const output of wanted)
    if (!given.includes(output))
      throw new RangeError(`${where}: extractor must give '${output}' to keep it, got ${given}.`)

  const measure = compile((batch: tf.Tensor4D) =>
    'measure' in extractor ? extractor.measure(batch, wanted) : { features: extractor.extract(batch) },
  )
  let size: number[] | undefined
  let count = 0
  const moments = keep.includes('moments') ? new FeatureStatistics(extractor.dim) : undefined
  let spatial: FeatureStatistics | undefined
  const samples = new Rows()
  const logits = new Rows()
  for await (const batch of imagesOf(where, images)) {
    const shape = batch.shape.slice(1)
    size ??= shape
    if (String(shape) !== String(size)) {
      batch.dispose()
      throw new RangeError(
        `${where}: images must all have the size [${size}], got [${shape}] after ${count}.`,
      )
    }
    const found = await measureBatch(measure, batch)
    const rows = found.features!.shape[0]
    moments?.add(found.features!.data)
    if (keep.includes('samples')) samples.add(found.features!)
    if (found.logits) logits.add(found.logits)
    if (found.spatial) {
      spatial ??= new FeatureStatistics(found.spatial.shape[1])
      spatial.add(found.spatial.data)
    }
    count += rows
    onProgress?.(count)
  }
  measure.dispose()
  if (!size) throw new RangeError(`${where}: images must hold at least 1 image, got 0.`)
  const [height, width, channels] = size as [number, number, number]
  return {
    ...{ images: count, height, width, channels },
    description: 'description' in extractor ? extractor.description : { network: 'unnamed' },
    ...(moments && { moments }),
    ...(spatial && { spatial }),
    ...(keep.includes('samples') && { samples: samples.all() }),
    ...(keep.includes('logits') && { logits: logits.all() }),
  } as Measurement<NamesOf<Keep>>
}

/** The outputs of one batch, on the host. Disposes the batch. */
async function measureBatch(
  measure: (batch: tf.Tensor4D) => Record<string, tf.Tensor2D>,
  batch: tf.Tensor4D,
): Promise<Partial<Record<string, FeatureSet>>> {
  let found: Record<string, tf.Tensor2D> = {}
  try {
    found = measure(batch)
    const sets: Record<string, FeatureSet> = {}
    for (const [name, tensor] of Object.entries(found))
      sets[name] = { data: await tensor.data(), shape: tensor.shape }
    return sets
  } finally {
    tf.dispose([batch, found])
  }
}

/** Rows that come batch by batch. */
class Rows {
  readonly #parts: FeatureSet[] = []

  add(part: FeatureSet): void {
    this.#parts.push(part)
  }

  all(): FeatureSet {
    const columns = this.#parts[0]!.shape[1]
    const rows = this.#parts.reduce((sum, { shape }) => sum + shape[0], 0)
    const data = new Float32Array(rows * columns)
    let to = 0
    for (const part of this.#parts) {
      data.set(part.data, to)
      to += part.data.length
    }
    return { data, shape: [rows, columns] }
  }
}
