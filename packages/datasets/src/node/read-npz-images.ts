import { type HostTensor, toFloat32 } from '@rectified-flow/checkpoints'
import { type NpzFile, openNpz } from '@rectified-flow/checkpoints/node'
import { checkOptions, describe } from '@rectified-flow/core'
import { type ImageDataset, imageDataset } from '../image-dataset.js'
import { type ClassLabels, classLabels } from '../internal/class-labels.js'
import { checkUnpacked, defaultMaxBytes } from '../internal/unpack-limit.js'
import { fileSize, inFile } from './internal/named-file.js'

const WHERE = 'datasets.readNpzImages'

/**
 * Images of an `.npz` in the form of OpenAI's and EDM's evaluations: `arr_0`, bytes [N,H,W,C], and optionally `arr_1`, the
 * class of each image: integers [N] or [N,1], or one-hot rows [N,classes]. They are read into memory.
 *
 * @param maxBytes  the most bytes that the images may take; by default 64 MiB plus 100 times the file's size
 */
export async function readNpzImages(
  path: string,
  options: { maxBytes?: number } = {},
): Promise<ImageDataset> {
  checkOptions<{ maxBytes?: number }>('datasets.readNpzImages', options, { maxBytes: 'optional' })
  const { maxBytes: most } = options
  const maxBytes = most ?? defaultMaxBytes(await fileSize(WHERE, 'path', path))
  return inFile(path, async () => {
    const npz = await openNpz(path)
    try {
      const found = npz.arrays.get('arr_0')
      if (found?.dtype !== 'U8' || found.shape.length !== 4)
        throw new RangeError(
          `${WHERE}: arr_0 must be bytes [N,H,W,C], got ${found ? `${found.dtype} [${found.shape}]` : describe([...npz.arrays.keys()])} in ${describe(path)}.`,
        )
      const [count, height, width, channels] = found.shape as [number, number, number, number]
      checkUnpacked(WHERE, `arr_0 of ${describe(path)}`, count * height * width * channels, maxBytes)
      const images = (await npz.read('arr_0')).data as Uint8Array
      const labels = await readLabels(npz, path, { count, maxBytes })
      return imageDataset({ images, height, width, channels, ...labels })
    } finally {
      await npz.close()
    }
  })
}

async function readLabels(
  npz: NpzFile,
  path: string,
  { count, maxBytes }: { count: number; maxBytes: number },
): Promise<ClassLabels | undefined> {
  const found = npz.arrays.get('arr_1')
  if (!found) return undefined
  const size = found.shape.reduce((a, b) => a * b, 1)
  checkUnpacked(WHERE, `arr_1 of ${describe(path)}`, size * 8, maxBytes)
  const data = numbersOf(await npz.read('arr_1'))
  const [rows, columns = 1, ...rest] = found.shape
  if (rows !== count || columns === 0 || rest.length > 0)
    throw new RangeError(
      `${WHERE}: arr_1 must have the class of each image, [${count}], [${count},1] or one-hot [${count},classes], got [${found.shape}] in ${describe(path)}.`,
    )
  if (columns > 1) return oneHotLabels(data, { rows, columns, path })
  return classLabels(WHERE, data, i => `arr_1[${i}] of ${describe(path)} must be`)
}

/** The numbers of an array; halves are stored as their bits. */
function numbersOf(array: HostTensor): HostTensor['data'] {
  return array.dtype === 'F16' || array.dtype === 'BF16' ? toFloat32(array) : array.data
}

/** The classes of one-hot rows: each has a single 1, and else only 0. */
function oneHotLabels(
  data: HostTensor['data'],
  { rows, columns, path }: { rows: number; columns: number; path: string },
): ClassLabels {
  const hot = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    const row = Array.from(data.subarray(i * columns, (i + 1) * columns), Number)
    const one = row.indexOf(1)
    hot[i] = one
    if (one < 0 || row.some((value, j) => value !== (j === one ? 1 : 0)))
      throw new RangeError(
        `${WHERE}: arr_1[${i}] of ${describe(path)} must be one-hot, a single 1 and else 0, got ${describe(row)}.`,
      )
  }
  return { ...classLabels(WHERE, hot, i => `arr_1[${i}] must be`), classes: columns }
}
