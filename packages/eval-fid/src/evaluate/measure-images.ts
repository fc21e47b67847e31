import { checkKind, checkOptions, type Features, type OptionNames } from '@rectified-flow/core'
import type { Extractor, NetworkDescription } from '../extractor.js'
import { type ImageBatches, imagesOf } from '../image-batches.js'
import type { KeptName } from '../metric.js'
import { Pass, type Passed } from './pass.js'

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
  const { keep, onProgress }: MeasureOptions = options
  const space: MeasuredSpace = { extractor, ...(keep && { keep }) }
  const { only } = await passOver(where, { only: space }, images, onProgress)
  return only as Measurement<NamesOf<Keep>>
}

/** A network, and the data to keep of what it measures; by default 'moments'. */
export interface MeasuredSpace {
  extractor: Features | Extractor
  keep?: readonly KeptName[]
}

const spaceNames: OptionNames<MeasuredSpace> = { extractor: 'required', keep: 'optional' }

/**
 * `measureImages` in several feature spaces: each batch is read once and measured by every network.
 *
 * @param spaces  by their names
 * @param images  batches [B,H,W,C] of one size; each is disposed when it is measured or when an error is thrown
 */
export async function measureSpaces<Name extends string>(
  spaces: Readonly<Record<Name, MeasuredSpace>>,
  images: ImageBatches,
  options: Pick<MeasureOptions, 'onProgress'> = {},
): Promise<Record<Name, Measurement>> {
  const where = 'eval-fid.measureSpaces'
  checkOptions<Pick<MeasureOptions, 'onProgress'>>(where, options, { onProgress: 'optional' })
  checkKind(where, 'spaces', spaces, 'an object of feature spaces by their names', [])
  for (const [name, space] of Object.entries(spaces)) checkOptions(where, space, spaceNames, `spaces.${name}`)
  return passOver(where, spaces, images, options.onProgress)
}

async function passOver<Name extends string>(
  where: string,
  spaces: Readonly<Record<Name, MeasuredSpace>>,
  images: ImageBatches,
  onProgress?: (images: number) => void,
): Promise<Record<Name, Measurement>> {
  const passes: [string, Pass][] = []
  try {
    for (const [name, { extractor, keep }] of Object.entries<MeasuredSpace>(spaces))
      passes.push([name, new Pass(where, extractor, keep ?? ['moments'])])
    let size: number[] | undefined
    let count = 0
    for await (const batch of imagesOf(where, images)) {
      try {
        const shape = batch.shape.slice(1)
        size ??= shape
        if (String(shape) !== String(size))
          throw new RangeError(
            `${where}: images must all have the size [${size}], got [${shape}] after ${count}.`,
          )
        for (const [, pass] of passes) await pass.add(batch)
        count += batch.shape[0]
      } finally {
        batch.dispose()
      }
      onProgress?.(count)
    }
    if (!size) throw new RangeError(`${where}: images must hold at least 1 image, got 0.`)
    const [height, width, channels] = size as [number, number, number]
    const found = passes.map(
      ([name, pass]) => [name, { images: count, height, width, channels, ...pass.result() }] as const,
    )
    return Object.fromEntries(found) as Record<Name, Measurement>
  } finally {
    for (const [, pass] of passes) pass.dispose()
  }
}
