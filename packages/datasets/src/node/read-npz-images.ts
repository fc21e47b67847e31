import { openNpz } from '@rectified-flow/checkpoints/node'
import { describe } from '@rectified-flow/core'
import { type ImageDataset, imageDataset } from '../image-dataset.js'

/**
 * Images of an `.npz` in the form of OpenAI's and EDM's evaluations: `arr_0`, bytes [N,H,W,C], and optionally `arr_1`, the
 * class of each image [N]. They are read into memory.
 */
export async function readNpzImages(path: string): Promise<ImageDataset> {
  const where = 'datasets.readNpzImages'
  const npz = await openNpz(path)
  try {
    const found = npz.arrays.get('arr_0')
    if (found?.dtype !== 'U8' || found.shape.length !== 4)
      throw new RangeError(
        `${where}: arr_0 must be bytes [N,H,W,C], got ${found ? `${found.dtype} [${found.shape}]` : describe([...npz.arrays.keys()])} in '${path}'.`,
      )
    const [count, height, width, channels] = found.shape as [number, number, number, number]
    const images = (await npz.read('arr_0')).data as Uint8Array
    const classOf = npz.arrays.get('arr_1')
    if (classOf?.shape.length !== 1 || classOf.shape[0] !== count)
      return imageDataset({ images, height, width, channels })
    const labels = Uint16Array.from((await npz.read('arr_1')).data as ArrayLike<number | bigint>, Number)
    return imageDataset({
      images,
      height,
      width,
      channels,
      labels,
      classes: labels.reduce((a, b) => Math.max(a, b), 0) + 1,
    })
  } finally {
    await npz.close()
  }
}
