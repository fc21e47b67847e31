import { join } from 'node:path'
import { decodePng } from '@rectified-flow/datasets'
import { openImages } from '@rectified-flow/datasets/node'
import sharp from 'sharp'
import type { Dice } from '../dice.js'
import { bytesOf, type Files } from '../files/files.js'
import { type PngHeader, pngChunks, pngFile } from '../files/png-file.js'
import { zipFile } from '../files/zip-file.js'
import { mutateBytes } from '../mutate/mutate-bytes.js'
import { mutatePng, mutateZip } from '../mutate/mutate-containers.js'
import { mutateJson } from '../mutate/mutate-text.js'
import { oneFile } from '../one-file.js'
import type { Target } from '../target.js'

const header = (colour: number, depth: number, interlace = 0): PngHeader => ({
  width: 9,
  height: 7,
  depth,
  colour,
  interlace,
})
/** Every colour type, with depths that it has, in rows and in the seven passes of Adam7 (whose zeros are more rows). */
const headers = [
  header(0, 1),
  header(0, 8),
  header(0, 16),
  header(2, 8),
  header(3, 2),
  header(4, 8),
  header(6, 8),
]
const pixels = (height = 8, width = 8) =>
  Buffer.from(Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 37) & 255))
const encoded = (format: 'jpeg' | 'webp') =>
  sharp(pixels(), { raw: { width: 8, height: 8, channels: 3 } })
    .toFormat(format, { quality: 90 })
    .toBuffer()

const png = pngFile(pngChunks(header(2, 8)))
const entries = (): [string, Uint8Array][] => [
  ['00000/img00000000.png', png],
  ['00000/img00000001.png', png],
  [
    'dataset.json',
    bytesOf(
      JSON.stringify({
        labels: [
          ['00000/img00000000.png', 1],
          ['00000/img00000001.png', 0],
        ],
      }),
    ),
  ],
]

async function readImages(path: string): Promise<void> {
  const source = await openImages(path, { allowJpeg: true })
  try {
    await source.read(Array.from({ length: Math.min(source.count, 16) }, (_, i) => i))
  } finally {
    await source.close()
  }
}

export const imageTargets: readonly Target[] = [
  oneFile({
    name: 'png',
    share: 14,
    path: 'image.png',
    valid: headers.map(kind => pngFile(pngChunks(kind))),
    mutate: (_, dice) => mutatePng(dice.pick(headers), dice),
    read: async (bytes, path) => {
      await decodePng(bytes)
      await readImages(join(path, '..'))
    },
  }),
  ...(['jpeg', 'webp'] as const).map(
    (format): Target => ({
      name: format,
      share: 5,
      async prepare() {
        const file = new Uint8Array(await encoded(format))
        return {
          valid: [new Map([[`image.${format}`, file]])],
          mutate: dice => new Map([[`image.${format}`, mutateBytes(file, dice)]]),
        }
      },
      read: folder => readImages(folder),
    }),
  ),
  oneFile({
    name: 'zip-images',
    share: 8,
    path: 'images.zip',
    valid: [zipFile({ entries: entries() })],
    mutate: (_, dice) =>
      mutateZip(entries(), name => (name.endsWith('.json') ? mutateJson : mutateBytes), dice),
    read: (_, path) => readImages(path),
  }),
  {
    name: 'dataset-json',
    share: 5,
    async prepare() {
      const valid: Files = new Map(entries())
      return {
        valid: [valid],
        mutate: (dice: Dice) =>
          new Map(valid).set('dataset.json', mutateJson(valid.get('dataset.json')!, dice)),
      }
    },
    read: folder => readImages(folder),
  },
]
