import { gzipSync } from 'node:zlib'
import { writeNpy } from '@rectified-flow/checkpoints'
import { parseIdx } from '@rectified-flow/datasets'
import { openImages, readCifar10, readMnist, readNpzImages } from '@rectified-flow/datasets/node'
import type { Dice } from '../dice.js'
import type { Files } from '../files/files.js'
import { tarFile } from '../files/tar-file.js'
import { zipFile } from '../files/zip-file.js'
import { mutateBytes } from '../mutate/mutate-bytes.js'
import { mutateZip } from '../mutate/mutate-containers.js'
import { mutateText } from '../mutate/mutate-text.js'
import { oneFile } from '../one-file.js'
import type { Target } from '../target.js'
import { mutateNpy } from './weights.js'

const idx = (...shape: number[]): Uint8Array => {
  const lead = Buffer.alloc(4 + 4 * shape.length)
  lead.set([0, 0, 8, shape.length])
  for (const [axis, size] of shape.entries()) lead.writeUInt32BE(size, 4 + 4 * axis)
  const count = shape.reduce((a, b) => a * b, 1)
  return new Uint8Array(Buffer.concat([lead, Uint8Array.from({ length: count }, (_, i) => i % 10)]))
}
const gz = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes))

const batches = (): [string, Uint8Array][] =>
  [1, 2, 3, 4, 5].map(i => [`cifar-10-batches-bin/data_batch_${i}.bin`, new Uint8Array(3 * 3073).fill(i)])

/** A gzipped tar with a changed header or entry and right checksums, or any changed bytes. */
function mutateTar(dice: Dice): Uint8Array {
  const entries = batches()
  const at = dice.below(entries.length)
  const kind = dice.below(4)
  if (kind === 0) return mutateBytes(gz(tarFile(entries)), dice)
  if (kind === 1) return gz(mutateBytes(tarFile(entries), dice))
  if (kind === 2) return gz(tarFile(entries.with(at, [entries[at]![0], mutateBytes(entries[at]![1], dice)])))
  const edit = (header: Buffer, index: number) => {
    if (index === at) header.set(mutateText(header, dice).subarray(0, 512))
  }
  return gz(tarFile(entries, edit))
}

const npzEntries = (): [string, Uint8Array][] => [
  ['arr_0.npy', writeNpy({ dtype: 'U8', shape: [2, 4, 4, 3], data: new Uint8Array(96).fill(9) })],
  ['arr_1.npy', writeNpy({ dtype: 'I64', shape: [2], data: BigInt64Array.of(0n, 2n) })],
]

export const pixelTargets: readonly Target[] = [
  oneFile({
    name: 'idx',
    share: 6,
    path: 'some-idx3-ubyte',
    valid: [idx(3, 4, 4)],
    mutate: mutateBytes,
    async read(bytes, path) {
      await parseIdx(bytes)
      await openImages(path)
    },
  }),
  {
    name: 'mnist',
    share: 5,
    async prepare() {
      const valid: Files = new Map([
        ['train-images-idx3-ubyte.gz', gz(idx(3, 28, 28))],
        ['train-labels-idx1-ubyte.gz', gz(idx(3))],
      ])
      return {
        valid: [valid],
        mutate(dice: Dice) {
          const labels = dice.below(2) === 0
          const name = `train-${labels ? 'labels-idx1' : 'images-idx3'}-ubyte.gz`
          const plain = labels ? idx(3) : idx(3, 28, 28)
          return new Map(valid).set(
            name,
            dice.below(3) ? gz(mutateBytes(plain, dice)) : mutateBytes(gz(plain), dice),
          )
        },
      }
    },
    read: folder => readMnist(folder),
  },
  oneFile({
    name: 'cifar-tar',
    share: 5,
    path: 'cifar-10-binary.tar.gz',
    valid: [gz(tarFile(batches()))],
    mutate: (_, dice) => mutateTar(dice),
    read: (_, path) => readCifar10(path),
  }),
  oneFile({
    name: 'npz-images',
    share: 5,
    path: 'images.npz',
    valid: [zipFile({ entries: npzEntries() })],
    mutate: (_, dice) => mutateZip(npzEntries(), () => mutateNpy, dice),
    read: (_, path) => readNpzImages(path),
  }),
]
