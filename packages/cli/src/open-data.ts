import type { ImageSource } from '@rectified-flow/datasets'
import { openImages } from '@rectified-flow/datasets/node'
import type { ResolvedUNetConfig } from '@rectified-flow/unet'
import { limit, type MaxBytesFlag } from './max-bytes-option.js'
import type { ResolutionFlag } from './resolution-option.js'

/** What a network takes. */
export type NetworkInput = Pick<ResolvedUNetConfig, 'imgResolution' | 'inChannels' | 'labelDim'>

export interface DataOptions extends MaxBytesFlag, ResolutionFlag {
  split?: 'train' | 'test'
  /** Whether the data's labels are wanted. */
  labels?: boolean
  /** Every image will be used: refuse at once data with more classes than the network, instead of when one of them is read. */
  whole?: boolean
}

/**
 * Open images for a network: of its side, or cropped and resized on request; grey as colour if it takes colour; and with as
 * many classes as it has, whichever of them the data hold. JPEGs are welcome, because these images are data and not samples.
 */
export async function openDataFor(
  { imgResolution: side, inChannels, labelDim: classes }: NetworkInput,
  path: string,
  { split = 'train', labels = true, whole = false, resolution, maxBytes }: DataOptions = {},
): Promise<ImageSource> {
  const source = await openImages(path, {
    ...{ split, allowJpeg: true },
    ...(resolution && { resolution }),
    ...(inChannels === 3 && { channels: 3 }),
    ...limit(maxBytes),
  })
  try {
    const { channels, classes: found = 0 } = source
    if (channels !== inChannels)
      throw new RangeError(`'${path}' must have ${inChannels} channels, as the network has, got ${channels}.`)
    checkSide(source, side, path)
    const wanted = labels ? classes : 0
    if (whole && wanted > 0 && found > wanted) throw tooManyClasses(path, wanted, found - 1)
    return withClasses(source, wanted, path)
  } catch (error) {
    await source.close()
    throw error
  }
}

/** Throw unless images have the side that a network takes. */
export function checkSide({ height, width }: ImageSource, side: number, path: string): void {
  if (height === side && width === side) return
  throw new RangeError(
    `'${path}' must hold images of ${side}x${side}, as the network takes, got ${height}x${width}. --resolution ${side} crops and resizes them.`,
  )
}

/** The source with labels for this many classes; without labels for 0. */
function withClasses(source: ImageSource, classes: number, path: string): ImageSource {
  const { count, height, width, channels } = source
  return {
    count,
    height,
    width,
    channels,
    classes: classes > 0 && source.classes !== undefined ? classes : undefined,
    classNames: source.classNames?.length === classes ? source.classNames : undefined,
    close: () => source.close(),
    async read(indices) {
      const { images, labels } = await source.read(indices)
      if (classes === 0 || !labels) return { images }
      for (let i = 0; i < labels.length; i++)
        if (labels[i]! >= classes) throw tooManyClasses(path, classes, labels[i]!, ` at image ${indices[i]}`)
      return { images, labels }
    },
  }
}

function tooManyClasses(path: string, classes: number, label: number, where = ''): RangeError {
  return new RangeError(
    `'${path}': labels must be in 0..${classes - 1}, because the network has ${classes} classes, got ${label}${where}.`,
  )
}
