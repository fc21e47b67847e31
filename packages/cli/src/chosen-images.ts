import type { ImageSource } from '@rectified-flow/datasets'
import { checkDataClass } from './class-labels.js'
import type { MaxBytesFlag } from './max-bytes-option.js'
import { type NetworkInput, openDataFor } from './open-data.js'
import type { ResolutionFlag } from './resolution-option.js'

interface Choice extends MaxBytesFlag, ResolutionFlag {
  /** What `--images` names; undefined: all. */
  images: number[] | undefined
  /** The option that gives all images one class, and the class that it gives; undefined: the data's own. */
  option: string
  only: number | undefined
}

/** Open data for a network, and the indices of the images that a command was asked for. */
export async function openChosenImages(
  net: NetworkInput,
  path: string,
  { images, option, only, resolution, maxBytes }: Choice,
): Promise<{ source: ImageSource; images: number[] }> {
  const labels = only === undefined
  const source = await openDataFor(net, path, { labels, whole: !images, resolution, maxBytes })
  checkDataClass(option, only, net.labelDim, source, path)
  const absent = images?.find(index => index >= source.count)
  if (absent !== undefined)
    throw new RangeError(
      `--images must be in 0..${source.count - 1}, the images of '${path}', got ${absent}.`,
    )
  return { source, images: images ?? [...Array(source.count).keys()] }
}
