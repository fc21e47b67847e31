import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HostTensor, readSafetensors, writeSafetensors } from '@rectified-flow/checkpoints'
import {
  readCheckpointFile,
  readSafetensorsFile,
  verifyChecksum,
  withChecksum,
  writeSafetensorsFile,
} from '@rectified-flow/checkpoints/node'
import { afterAll, beforeAll, expect, it } from 'vitest'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checksum-'))
})
afterAll(() => rm(folder, { recursive: true }))

const tensors: Record<string, HostTensor> = {
  b: { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) },
  a: { dtype: 'U8', shape: [1, 3], data: Uint8Array.of(3, 4, 5) },
}
const metadata = { step: '1000', note: 'x' }

it('is checked and left out by the readers of files', async () => {
  const path = join(folder, 'whole.safetensors')
  await writeSafetensorsFile(path, tensors, withChecksum(tensors, metadata))
  for (const read of [readSafetensorsFile, readCheckpointFile]) {
    const back = await read(path)
    expect(back.metadata).toEqual(metadata)
    expect(Object.fromEntries(back.tensors)).toEqual(tensors)
  }
})

it('shows every flipped bit that changes what the file says', () => {
  const bytes = writeSafetensors(tensors, withChecksum(tensors, metadata))
  let silent = 0
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice()
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    try {
      const back = verifyChecksum('test', readSafetensors(flipped))
      // The name of the entry itself may be hit. Then the file has no checksum, and one unknown entry.
      if (Object.keys(back.metadata).length === 2) {
        expect(back.metadata).toEqual(metadata)
        expect(Object.fromEntries(back.tensors)).toEqual(tensors)
      } else silent++
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError)
    }
  }
  expect(silent).toBeLessThan(8 * 'rectified-flow.crc32'.length)
})

it('does not depend on the order of tensors and of metadata', () => {
  const other = new Map(Object.entries(tensors).reverse())
  expect(withChecksum(other, { note: 'x', step: '1000' })).toEqual(withChecksum(tensors, metadata))
  // The entry of an earlier checksum is replaced.
  expect(withChecksum(tensors, withChecksum(tensors, metadata))).toEqual(withChecksum(tensors, metadata))
})

it('names the file, the rule and the value when it is wrong', async () => {
  const path = join(folder, 'flipped.safetensors')
  await writeSafetensorsFile(path, tensors, withChecksum(tensors, metadata))
  const bytes = await readFile(path)
  bytes[bytes.length - 1]! ^= 1
  await writeFile(path, bytes)
  const error = await readSafetensorsFile(path).catch(error => error)
  expect(error).toBeInstanceOf(RangeError)
  expect(error.message).toMatch(
    /^checkpoints\.readSafetensorsFile: rectified-flow\.crc32 must be the checksum of the tensors and the metadata, [0-9a-f]{8}, got [0-9a-f]{8}\. The file is damaged, or a tool changed it and kept this entry of its metadata\. The file is '/,
  )
  expect(error.message).toContain(path)
})
