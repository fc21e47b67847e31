import { type HostTensor, hostArrays } from './host-tensor.js'
import { asBytes } from './internal/as-bytes.js'
import { parseSafetensorsHeader, safetensorsDataStart } from './internal/safetensors-header.js'

const WHERE = 'checkpoints.readSafetensors'

/** What a safetensors file holds. */
export interface Safetensors {
  tensors: Map<string, HostTensor>
  metadata: Record<string, string>
}

/**
 * Read a safetensors file: 8 bytes of header length, a JSON header, then the tensors' bytes, which must cover the rest
 * of the file with no gap and no overlap. Every length is checked before it is used; a broken file throws a RangeError
 * that says what is wrong. The tensors are copies, in the order of their bytes.
 *
 * @see https://huggingface.co/docs/safetensors
 */
export function readSafetensors(bytes: Uint8Array | ArrayBuffer): Safetensors {
  const file = asBytes(WHERE, bytes)
  const dataStart = safetensorsDataStart(WHERE, file.subarray(0, 8), file.length)
  const header = file.subarray(8, dataStart)
  const { entries, metadata } = parseSafetensorsHeader(WHERE, header, file.length - dataStart)
  const tensors = new Map<string, HostTensor>()
  for (const { name, dtype, shape, start, end } of entries) {
    // A copy is aligned; the file's own bytes may not be. Not slice(), which gives a view if the file is a Buffer.
    const copy = new Uint8Array(file.subarray(dataStart + start, dataStart + end))
    tensors.set(name, { dtype, shape, data: new hostArrays[dtype](copy.buffer) })
  }
  return { tensors, metadata }
}
