import { crc32 } from 'node:zlib'
import type { HostTensor } from '../host-tensor.js'
import type { Safetensors } from '../read-safetensors.js'
import type { HostTensors } from '../write-safetensors.js'

const KEY = 'rectified-flow.crc32'

/**
 * Metadata with one entry more: the CRC-32 of the tensors and of the metadata. `readSafetensorsFile` and
 * `readCheckpointFile` check it and leave it out of what they return. It depends on the content alone, so a tool that copies
 * the file's tensors and metadata in another order keeps it true.
 *
 *   await writeSafetensorsFile(path, tensors, withChecksum(tensors, metadata))
 */
export function withChecksum(
  tensors: HostTensors,
  metadata: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return { ...metadata, [KEY]: checksumOf(tensors, metadata) }
}

/** A file's content without the checksum in its metadata. Throws if the checksum is there and isn't that of the content. */
export function verifyChecksum<T extends Safetensors>(where: string, file: T): T {
  const { [KEY]: stored, ...metadata } = file.metadata
  if (stored === undefined) return file
  const found = checksumOf(file.tensors, metadata)
  if (found !== stored)
    throw new RangeError(
      `${where}: ${KEY} must be the checksum of the tensors and the metadata, ${found}, got ${stored.slice(0, 80)}. ` +
        'The file is damaged, or a tool changed it and kept this entry of its metadata.',
    )
  return { ...file, metadata }
}

/** Eight hex digits: the CRC-32 of a description of all tensors and of the metadata, then of each tensor's bytes. */
function checksumOf(tensors: HostTensors, metadata: Readonly<Record<string, string>>): string {
  const list: [string, HostTensor][] = [...(tensors instanceof Map ? tensors : Object.entries(tensors))]
  list.sort(([a], [b]) => (a < b ? -1 : 1))
  const words = Object.entries(metadata)
    .filter(([key]) => key !== KEY)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  let crc = crc32(JSON.stringify([words, list.map(([name, { dtype, shape }]) => [name, dtype, shape])]))
  for (const [, { data }] of list)
    crc = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), crc)
  return crc.toString(16).padStart(8, '0')
}
