import type { HostTensor } from './host-tensor.js'
import { asBytes } from './internal/as-bytes.js'
import { parseSafetensorsHeader, readEntry, safetensorsDataStart } from './internal/safetensors-header.js'

const WHERE = 'checkpoints.readSafetensors'

/** What a safetensors file holds. */
export interface Safetensors {
  tensors: Map<string, HostTensor>
  metadata: Record<string, string>
}

/**
 * Read a safetensors file: 8 bytes of header length, a JSON header, then the tensors' bytes, which must cover the rest
 * of the file with no gap and no overlap. Every length is checked before it is used; a broken file throws a RangeError
 * that says what is wrong. The tensors are copies, in the order of their bytes. The `data` of one in a dtype that this package
 * doesn't read, such as float8, throws an error that names it.
 *
 * @see https://huggingface.co/docs/safetensors
 */
export function readSafetensors(bytes: Uint8Array | ArrayBuffer): Safetensors {
  const file = asBytes(WHERE, bytes)
  const dataStart = safetensorsDataStart(WHERE, file.subarray(0, 8), file.length)
  const header = file.subarray(8, dataStart)
  const { entries, metadata } = parseSafetensorsHeader(WHERE, header, file.length - dataStart)
  const tensors = new Map<string, HostTensor>()
  for (const entry of entries) {
    // A copy is aligned; the file's own bytes may not be. Not slice(), which gives a view if the file is a Buffer.
    const copy = new Uint8Array(file.subarray(dataStart + entry.start, dataStart + entry.end))
    tensors.set(entry.name, readEntry(WHERE, entry, copy))
  }
  return { tensors, metadata }
}
