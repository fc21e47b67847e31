import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { checkOptions, checkText } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import { encodePngGrid, type HostImages, type PngGridOptions, pngGridNames } from '../encode-png-grid.js'

/**
 * Write images as one PNG with `encodePngGrid`. The file gets its name when it is whole: `path` never holds half a picture.
 *
 * @param images  [N,H,W,C] in [-1,1], C 1 or 3
 */
export async function writePngGrid(
  path: string,
  images: tf.Tensor4D | HostImages,
  options: PngGridOptions = {},
): Promise<void> {
  checkOptions('datasets.writePngGrid', options, pngGridNames)
  checkText('datasets.writePngGrid', 'path', path)
  const bytes = await encodePngGrid(images, options)
  try {
    await writeFileWhole(path, bytes)
  } catch (cause) {
    throw new Error(
      `datasets.writePngGrid: path must be in a folder that can be written to, got '${path}' (${(cause as NodeJS.ErrnoException).code}).`,
      { cause },
    )
  }
}
