import { describe } from '@rectified-flow/core'
import type { HostTensor } from './host-tensor.js'
import { checkHostTensor } from './internal/check-host-tensor.js'
import { namedTensors } from './internal/named-tensors.js'
import { MAX_HEADER_BYTES } from './internal/safetensors-header.js'

const WHERE = 'checkpoints.writeSafetensors'

/** Tensors by name. */
export type HostTensors = ReadonlyMap<string, HostTensor> | Readonly<Record<string, HostTensor>>

/**
 * The bytes of a safetensors file. The same tensors and metadata give the same bytes: names are sorted, and the header
 * is padded so that the data starts at a multiple of 8.
 */
export function writeSafetensors(
  tensors: HostTensors,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const list = namedTensors(WHERE, tensors)
  list.sort(([a], [b]) => (a < b ? -1 : 1))
  const header: [string, unknown][] = []
  const keys = Object.keys(metadata).sort()
  for (const key of keys)
    if (typeof metadata[key] !== 'string')
      throw new TypeError(`${WHERE}: metadata '${key}' must be a string, got ${describe(metadata[key])}.`)
  if (keys.length > 0)
    header.push(['__metadata__', Object.fromEntries(keys.map(key => [key, metadata[key]]))])
  let offset = 0
  for (const [name, tensor] of list) {
    if (name === '__metadata__')
      throw new RangeError(
        `${WHERE}: names must not be '__metadata__', got it. Metadata is the second argument.`,
      )
    checkHostTensor(WHERE, name, tensor)
    const end = offset + tensor.data.byteLength
    header.push([name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [offset, end] }])
    offset = end
  }

  // The entries are joined by hand: JSON.stringify of an object moves keys that look like integers to the front.
  const json = `{${header.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`
  const text = new TextEncoder().encode(json)
  const headerLength = Math.ceil(text.length / 8) * 8
  if (headerLength > MAX_HEADER_BYTES)
    throw new RangeError(
      `${WHERE}: names, shapes and metadata must take at most ${MAX_HEADER_BYTES} bytes, got ${headerLength}.`,
    )
  const file = new Uint8Array(8 + headerLength + offset)
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true)
  file.set(text, 8)
  file.fill(0x20, 8 + text.length, 8 + headerLength)
  let position = 8 + headerLength
  for (const [, { data }] of list) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position)
    position += data.byteLength
  }
  return file
}
