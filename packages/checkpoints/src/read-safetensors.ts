import { describe } from '@rectified-flow/core'
import { type HostDtype, type HostTensor, hostArrays, sizeOf } from './host-tensor.js'
import { topLevelKeys } from './internal/top-level-keys.js'

const WHERE = 'checkpoints.readSafetensors'
/** The limit of the format's own implementation: no honest header comes near it. */
const MAX_HEADER_BYTES = 100_000_000

/** What a safetensors file holds. */
export interface Safetensors {
  tensors: Map<string, HostTensor>
  metadata: Record<string, string>
}

interface Entry {
  name: string
  dtype: HostDtype
  shape: number[]
  start: number
  end: number
}

/**
 * Read a safetensors file: 8 bytes of header length, a JSON header, then the tensors' bytes, which must cover the rest
 * of the file with no gap and no overlap. Nothing is believed before it is checked: a file that is not whole throws a
 * RangeError that says where. Tensors are copied out, in the order of their bytes.
 *
 * @see https://huggingface.co/docs/safetensors
 */
export function readSafetensors(bytes: Uint8Array | ArrayBuffer): Safetensors {
  if (!(bytes instanceof Uint8Array || bytes instanceof ArrayBuffer))
    throw new TypeError(`${WHERE}: bytes must be a Uint8Array or an ArrayBuffer, got ${describe(bytes)}.`)
  const file = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)
  const { header, dataStart } = readHeader(file)
  const metadata = readMetadata(header.__metadata__)
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => readEntry(name, value))
    .sort((a, b) => a.start - b.start || a.end - b.end)

  const dataBytes = file.length - dataStart
  let position = 0
  for (const { name, start, end } of entries) {
    if (end > dataBytes)
      throw new RangeError(
        `${WHERE}: data_offsets of '${name}' must end within the ${dataBytes} bytes of data, got [${start},${end}]. The file may be truncated.`,
      )
    if (start !== position)
      throw new RangeError(
        `${WHERE}: data_offsets of '${name}' must start at ${position}, where the tensor before ends, got [${start},${end}].`,
      )
    position = end
  }
  if (position !== dataBytes)
    throw new RangeError(
      `${WHERE}: the tensors must cover all ${dataBytes} bytes of data, got ${position} covered.`,
    )

  const tensors = new Map<string, HostTensor>()
  for (const { name, dtype, shape, start, end } of entries) {
    // Aligned, unlike the file's own bytes. Not slice(): a Buffer's is a view.
    const copy = new Uint8Array(file.subarray(dataStart + start, dataStart + end))
    tensors.set(name, { dtype, shape, data: new hostArrays[dtype](copy.buffer) })
  }
  return { tensors, metadata }
}

function readHeader(file: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (file.length < 8)
    throw new RangeError(
      `${WHERE}: the file must have at least 8 bytes, got ${file.length}. The file may be truncated.`,
    )
  const length = Number(new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true))
  if (length > MAX_HEADER_BYTES)
    throw new RangeError(
      `${WHERE}: header length must be at most ${MAX_HEADER_BYTES}, got ${length}. This may not be a safetensors file.`,
    )
  const dataStart = 8 + length
  if (dataStart > file.length)
    throw new RangeError(
      `${WHERE}: header length must be at most the ${file.length - 8} bytes after it, got ${length}. The file may be truncated.`,
    )
  const text = decode(file.subarray(8, dataStart))
  const header = parse(text)
  if (!isRecord(header))
    throw new RangeError(`${WHERE}: the header must be a JSON object, got ${describe(header)}.`)
  const seen = new Set<string>()
  for (const name of topLevelKeys(text)) {
    if (seen.has(name)) throw new RangeError(`${WHERE}: names must be unique, got '${name}' twice.`)
    seen.add(name)
  }
  return { header, dataStart }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new RangeError(`${WHERE}: the header must be UTF-8, got other bytes.`, { cause })
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new RangeError(`${WHERE}: the header must be JSON, got ${(cause as Error).message}.`, { cause })
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function readMetadata(value: unknown = {}): Record<string, string> {
  if (!isRecord(value))
    throw new RangeError(`${WHERE}: __metadata__ must be an object, got ${describe(value)}.`)
  for (const [key, text] of Object.entries(value))
    if (typeof text !== 'string')
      throw new RangeError(`${WHERE}: __metadata__ '${key}' must be a string, got ${describe(text)}.`)
  return value as Record<string, string>
}

function readEntry(name: string, value: unknown): Entry {
  if (!isRecord(value))
    throw new RangeError(`${WHERE}: the entry of '${name}' must be an object, got ${describe(value)}.`)
  const { dtype, shape, data_offsets: offsets } = value
  if (typeof dtype !== 'string' || !Object.hasOwn(hostArrays, dtype))
    throw new RangeError(
      `${WHERE}: dtype of '${name}' must be one of ${Object.keys(hostArrays).join(', ')}, got ${describe(dtype)}.`,
    )
  if (!isSizes(shape))
    throw new RangeError(`${WHERE}: shape of '${name}' must be a list of sizes, got ${describe(shape)}.`)
  if (!isSizes(offsets) || offsets.length !== 2 || (offsets[0] as number) > (offsets[1] as number))
    throw new RangeError(
      `${WHERE}: data_offsets of '${name}' must be [start,end] with start <= end, got ${describe(offsets)}.`,
    )
  const [start, end] = offsets as [number, number]
  const want = sizeOf(shape) * hostArrays[dtype as HostDtype].BYTES_PER_ELEMENT
  if (want !== end - start)
    throw new RangeError(
      `${WHERE}: '${name}' must have ${want} bytes for ${dtype} [${shape}], got ${end - start}.`,
    )
  return { name, dtype: dtype as HostDtype, shape, start, end }
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(size => Number.isSafeInteger(size) && size >= 0)
}
