import type { ImageSource } from '@rectified-flow/datasets'
import { checkDataClass } from './class-labels.js'
import { type NetworkInput, openDataFor } from './open-data.js'

interface Choice {
  /** What `--images` names; undefined: all. */
  images: number[] | undefined
  /** The option that gives all images one class, and the class that it gives; undefined: the data's own. */
  option: string
  only: number | undefined
  maxBytes: number | undefined
}

/** Open data for a network, and the indices of the images that a command was asked for. */
export async function openChosenImages(
  net: NetworkInput,
  path: string,
  { images, option, only, maxBytes }: Choice,
): Promise<{ source: ImageSource; images: number[] }> {
  const source = await openDataFor(net, path, { labels: only === undefined, whole: !images, maxBytes })
  checkDataClass(option, only, net.labelDim, source, path)
  const absent = images?.find(index => index >= source.count)
  if (absent !== undefined)
    throw new RangeError(
      `--images must be in 0..${source.count - 1}, the images of '${path}', got ${absent}.`,
    )
  return { source, images: images ?? [...Array(source.count).keys()] }
}
