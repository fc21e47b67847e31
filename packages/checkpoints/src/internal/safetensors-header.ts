import { describe } from '@rectified-flow/core'
import { type HostDtype, type HostTensor, hostArrays, MAX_AXES, sizeOf } from '../host-tensor.js'
import { unreadTensor } from '../unread-tensor.js'
import { memoryBudget } from './memory-budget.js'
import { scanJson } from './scan-json.js'

/** The limit of the format's own implementation. Real headers are far shorter. */
export const MAX_HEADER_BYTES = 100_000_000
/** Bits of a number in the format's dtypes that this package doesn't read. */
const unreadBits: Readonly<Record<string, number>> = {
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  C64: 64,
}

/** What the header says of one tensor; `start` and `end` are bytes from the start of the data. */
export interface SafetensorsEntry {
  name: string
  /** One of HostDtype, or one that the format has and this package doesn't read. */
  dtype: string
  shape: number[]
  start: number
  end: number
}

/** Where the data starts, from the first 8 bytes of a file of `fileBytes`. */
export function safetensorsDataStart(where: string, first: Uint8Array, fileBytes: number): number {
  if (first.length < 8)
    throw new RangeError(
      `${where}: the file must have at least 8 bytes, got ${fileBytes}. The file may be truncated.`,
    )
  const length = Number(new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true))
  if (length > MAX_HEADER_BYTES)
    throw new RangeError(
      `${where}: header length must be at most ${MAX_HEADER_BYTES}, got ${length}. This may not be a safetensors file.`,
    )
  if (8 + length > fileBytes)
    throw new RangeError(
      `${where}: header length must be at most the ${fileBytes - 8} bytes after it, got ${length}. The file may be truncated.`,
    )
  return 8 + length
}

/** The entries of a header, in the order of their bytes, which cover `dataBytes` with no gap and no overlap. */
export function parseSafetensorsHeader(
  where: string,
  bytes: Uint8Array,
  dataBytes: number,
): { entries: SafetensorsEntry[]; metadata: Record<string, string> } {
  const header = parseObject(where, bytes, dataBytes)
  const metadata = readMetadata(where, header.__metadata__)
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => parseEntry(where, name, value))
    .sort((a, b) => a.start - b.start || a.end - b.end)

  let position = 0
  for (const { name, start, end } of entries) {
    if (end > dataBytes)
      throw new RangeError(
        `${where}: data_offsets of ${describe(name)} must end within the ${dataBytes} bytes of data, got [${start},${end}]. The file may be truncated.`,
      )
    if (start !== position)
      throw new RangeError(
        `${where}: data_offsets of ${describe(name)} must start at ${position}, where the tensor before ends, got [${start},${end}].`,
      )
    position = end
  }
  if (position !== dataBytes)
    throw new RangeError(
      `${where}: the tensors must cover all ${dataBytes} bytes of data, got ${position} covered.`,
    )
  return { entries, metadata }
}

/** One tensor, from its bytes, whose buffer it takes. */
export function readEntry(
  where: string,
  { name, dtype, shape }: SafetensorsEntry,
  bytes: Uint8Array<ArrayBuffer>,
): HostTensor {
  if (!Object.hasOwn(hostArrays, dtype)) return unreadTensor(where, name, dtype, shape)
  return {
    dtype: dtype as HostDtype,
    shape: [...shape],
    data: new hostArrays[dtype as HostDtype](bytes.buffer),
  }
}

function parseObject(where: string, bytes: Uint8Array, dataBytes: number): Record<string, unknown> {
  const text = decode(where, bytes)
  const { keys, memory } = scanJson(text)
  // A tensor's entry takes up to 8 times the memory of its text; lists of empty lists would take 20 times.
  const most = memoryBudget(dataBytes) + 8 * bytes.length
  if (memory > most)
    throw new RangeError(
      `${where}: the header of a file of this size must take at most ${most} bytes of memory, got ${memory}.`,
    )
  const header = parse(where, text)
  if (!isRecord(header))
    throw new RangeError(`${where}: the header must be a JSON object, got ${describe(header)}.`)
  const seen = new Set<string>()
  for (const name of keys) {
    if (seen.has(name)) throw new RangeError(`${where}: names must be unique, got ${describe(name)} twice.`)
    seen.add(name)
  }
  return header
}

function decode(where: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new RangeError(`${where}: the header must be UTF-8, got other bytes.`, { cause })
  }
}

function parse(where: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new RangeError(`${where}: the header must be JSON, got ${(cause as Error).message}.`, { cause })
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function readMetadata(where: string, value: unknown = {}): Record<string, string> {
  if (!isRecord(value))
    throw new RangeError(`${where}: __metadata__ must be an object, got ${describe(value)}.`)
  // Not Object.entries, which would take as much memory again.
  for (const key in value) {
    const text = value[key]
    if (typeof text !== 'string')
      throw new RangeError(`${where}: __metadata__ ${describe(key)} must be a string, got ${describe(text)}.`)
  }
  return value as Record<string, string>
}

function parseEntry(where: string, name: string, value: unknown): SafetensorsEntry {
  if (!isRecord(value))
    throw new RangeError(
      `${where}: the entry of ${describe(name)} must be an object, got ${describe(value)}.`,
    )
  const { dtype, shape, data_offsets: offsets } = value
  const bits = typeof dtype === 'string' ? bitsOf(dtype) : undefined
  if (bits === undefined)
    throw new RangeError(
      `${where}: dtype of ${describe(name)} must be one of ${Object.keys(hostArrays).join(', ')}, got ${describe(dtype)}.`,
    )
  if (!isSizes(shape))
    throw new RangeError(
      `${where}: shape of ${describe(name)} must be a list of sizes, got ${describe(shape)}.`,
    )
  if (shape.length > MAX_AXES)
    throw new RangeError(
      `${where}: shape of ${describe(name)} must have at most ${MAX_AXES} axes, got ${shape.length}.`,
    )
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!)
    throw new RangeError(
      `${where}: data_offsets of ${describe(name)} must be [start,end] with start <= end, got ${describe(offsets)}.`,
    )
  const [start, end] = offsets as [number, number]
  const want = Math.ceil((sizeOf(shape) * bits) / 8)
  if (want !== end - start)
    throw new RangeError(
      `${where}: ${describe(name)} must have ${want} bytes for ${dtype} ${describe(shape)}, got ${end - start}.`,
    )
  return { name, dtype: dtype as string, shape, start, end }
}

function bitsOf(dtype: string): number | undefined {
  if (Object.hasOwn(hostArrays, dtype)) return 8 * hostArrays[dtype as HostDtype].BYTES_PER_ELEMENT
  return Object.hasOwn(unreadBits, dtype) ? unreadBits[dtype] : undefined
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(size => Number.isSafeInteger(size) && size >= 0)
}
