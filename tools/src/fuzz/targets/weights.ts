import { readFile } from 'node:fs/promises'
import {
  type HostTensor,
  readCheckpoint,
  readEdmPkl,
  readNpy,
  readNpz,
  readPth,
  readSafetensors,
  writeNpy,
  writeSafetensors,
} from '@rectified-flow/checkpoints'
import { openNpz, openSafetensors, readCheckpointFile } from '@rectified-flow/checkpoints/node'
import type { Dice } from '../dice.js'
import { zipFile } from '../files/zip-file.js'
import { mutateBytes } from '../mutate/mutate-bytes.js'
import { mutateZip } from '../mutate/mutate-containers.js'
import { mutateJson, mutateText } from '../mutate/mutate-text.js'
import { oneFile } from '../one-file.js'
import type { Target } from '../target.js'
import { edmPkl, legacyPth, zipPthEntries } from './pickles.js'

const weight: HostTensor = { dtype: 'F32', shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) }
const bias: HostTensor = { dtype: 'I64', shape: [1], data: BigInt64Array.of(3n) }
const half: HostTensor = { dtype: 'BF16', shape: [2], data: Uint16Array.of(0x3f80, 0x4000) }
const fortran = (): Uint8Array => {
  const text = Buffer.from(writeNpy(weight)).toString('latin1')
  return new Uint8Array(
    Buffer.from(text.replace("'fortran_order': False", "'fortran_order': True "), 'latin1'),
  )
}

/** A safetensors file whose header is edited, with its new length before it. */
export function mutateSafetensors(bytes: Uint8Array, dice: Dice): Uint8Array {
  if (dice.below(3) === 0) return mutateBytes(bytes, dice)
  const length = Number(Buffer.from(bytes).readBigUInt64LE())
  const header = mutateJson(bytes.subarray(8, 8 + length), dice)
  const lead = Buffer.alloc(8)
  lead.writeBigUInt64LE(BigInt(header.length))
  return new Uint8Array(Buffer.concat([lead, header, bytes.subarray(8 + length)]))
}

/** A .npy file whose header is edited, with its new length before it. */
export function mutateNpy(bytes: Uint8Array, dice: Dice): Uint8Array {
  if (dice.below(3) === 0) return mutateBytes(bytes, dice)
  const length = bytes[8]! + 256 * bytes[9]!
  const header = mutateText(bytes.subarray(10, 10 + length), dice)
  const lead = Buffer.from(bytes.subarray(0, 10))
  lead.writeUInt16LE(Math.min(0xffff, header.length), 8)
  return new Uint8Array(Buffer.concat([lead, header, bytes.subarray(10 + length)]))
}

const npyEntries = (): [string, Uint8Array][] => [
  ['weight.npy', writeNpy(weight)],
  ['bias.npy', writeNpy(bias)],
  ['arr_0.npy', fortran()],
]

async function readAll(
  file: { read(name: string): Promise<unknown>; close(): Promise<void> },
  names: Iterable<string>,
) {
  try {
    for (const name of names) await file.read(name)
  } finally {
    await file.close()
  }
}

export const weightTargets: readonly Target[] = [
  oneFile({
    name: 'safetensors',
    share: 10,
    path: 'weights.safetensors',
    valid: [writeSafetensors({ weight, bias, half }, { step: '1000', note: 'text' })],
    mutate: mutateSafetensors,
    async read(bytes, path) {
      readSafetensors(bytes)
      const file = await openSafetensors(path)
      await readAll(file, file.tensors.keys())
    },
  }),
  oneFile({
    name: 'pth',
    share: 10,
    path: 'weights.pth',
    valid: [zipFile({ entries: zipPthEntries() })],
    mutate: (_, dice) => mutateZip(zipPthEntries(), () => mutateBytes, dice),
    async read(bytes, path) {
      await readPth(bytes)
      await readPth(bytes, { prefix: 'model' })
      await readCheckpointFile(path)
    },
  }),
  oneFile({
    name: 'legacy-pth',
    share: 8,
    path: 'weights.pth',
    valid: [legacyPth()],
    mutate: mutateBytes,
    read: bytes => readCheckpoint(bytes),
  }),
  oneFile({
    name: 'edm-pkl',
    share: 8,
    path: 'network.pkl',
    valid: [edmPkl()],
    mutate: mutateBytes,
    read: async (bytes, path) => {
      await readEdmPkl(bytes)
      await readCheckpoint(await readFile(path))
    },
  }),
  oneFile({
    name: 'npy',
    share: 8,
    path: 'array.npy',
    valid: [writeNpy(weight), writeNpy(bias), fortran()],
    mutate: mutateNpy,
    read: bytes => readNpy(bytes),
  }),
  oneFile({
    name: 'npz',
    share: 8,
    path: 'arrays.npz',
    valid: [zipFile({ entries: npyEntries() }), zipFile({ entries: npyEntries(), deflate: true })],
    mutate: (_, dice) => mutateZip(npyEntries(), () => mutateNpy, dice),
    async read(bytes, path) {
      await readNpz(bytes)
      const file = await openNpz(path)
      await readAll(file, file.arrays.keys())
    },
  }),
]
