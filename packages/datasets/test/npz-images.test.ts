import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HostTensor, writeNpz } from '@rectified-flow/checkpoints'
import { readNpzImages } from '@rectified-flow/datasets/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'npz-'))
  path = join(folder, 'samples.npz')
})
afterEach(() => rm(folder, { recursive: true }))

const arr_0: HostTensor = { dtype: 'U8', shape: [4, 2, 2, 1], data: new Uint8Array(16) }
/** The labels and the classes of four images with this `arr_1`. */
async function labels(dtype: HostTensor['dtype'], shape: number[], data: HostTensor['data']) {
  await writeFile(path, await writeNpz({ arr_0, arr_1: { dtype, shape, data } }))
  const { labels, classes } = await readNpzImages(path)
  return [labels && [...labels], classes]
}
const oneHot = [0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1]
const want = [[2, 0, 1, 2], 3]

describe('readNpzImages', () => {
  it.each<[HostTensor['dtype'], number[], HostTensor['data']]>([
    ['I64', [4], BigInt64Array.of(2n, 0n, 1n, 2n)],
    ['U8', [4], Uint8Array.of(2, 0, 1, 2)],
    ['U32', [4], Uint32Array.of(2, 0, 1, 2)],
    ['U64', [4], BigUint64Array.of(2n, 0n, 1n, 2n)],
    ['F32', [4], Float32Array.of(2, 0, 1, 2)],
    ['F64', [4], Float64Array.of(2, 0, 1, 2)],
    ['F16', [4], Uint16Array.of(0x4000, 0, 0x3c00, 0x4000)], // 2, 0, 1, 2 as halves
    ['I64', [4, 1], BigInt64Array.of(2n, 0n, 1n, 2n)],
    ['F32', [4, 3], Float32Array.from(oneHot)],
    ['U8', [4, 3], Uint8Array.from(oneHot)],
    ['BOOL', [4, 3], Uint8Array.from(oneHot)],
  ])('reads labels of %s [%s]', async (...arr_1) => {
    expect(await labels(...arr_1)).toEqual(want)
  })

  it.each<[HostTensor['dtype'], HostTensor['data'], string]>([
    ['I64', BigInt64Array.of(0n, -1n, 0n, 0n), '-1'],
    ['I64', BigInt64Array.of(0n, 70000n, 0n, 0n), '70000'],
    ['I64', BigInt64Array.of(0n, 4294967297n, 0n, 0n), '4294967297'],
    ['I32', Int32Array.of(0, 200_000_000, 0, 0), '200000000'],
    ['F32', Float32Array.of(0, 1.5, 0, 0), '1.5'],
    ['F64', Float64Array.of(0, Number.NaN, 0, 0), 'NaN'],
  ])('refuses labels of %s that are no classes, %#', async (dtype, data, got) => {
    await expect(labels(dtype, [4], data)).rejects.toThrow(
      new RangeError(
        `datasets.readNpzImages: arr_1[1] of '${path}' must be a class, an integer in [0, 65535], got ${got}.`,
      ),
    )
  })

  it.each([
    [[4, 3], [0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1], 'arr_1[2] of'],
    [[4, 3], [0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 1], 'arr_1[1] of'],
    [[4, 3], [0, 0, 1, 1, 0.5, 0, 0, 1, 0, 0, 0, 1], 'arr_1[1] of'],
    [[3], [0, 1, 2], 'arr_1 must have the class of each image, [4], [4,1] or one-hot [4,classes], got [3]'],
    [[2, 2, 3], oneHot, 'got [2,2,3]'],
    [[4, 1, 3], oneHot, 'got [4,1,3]'],
    [[], [1], 'got []'],
  ])('refuses labels %j of another form', async (shape, data, message) => {
    await expect(labels('F32', shape, Float32Array.from(data))).rejects.toThrow(message)
  })

  it('refuses more images than `maxBytes`, and names the file of every error', async () => {
    await writeFile(path, await writeNpz({ arr_0 }))
    await expect(readNpzImages(path, { maxBytes: 15 })).rejects.toThrow(
      `datasets.readNpzImages: arr_0 of '${path}' must unpack to at most 15 bytes, got 16. Raise maxBytes if you trust it.`,
    )
    await writeFile(path, 'no zip')
    await expect(readNpzImages(path)).rejects.toThrow(`The file is '${path}'.`)
    await expect(readNpzImages(folder)).rejects.toThrow(
      `datasets.readNpzImages: path must be a file, got a folder, '${folder}'.`,
    )
  })
})
