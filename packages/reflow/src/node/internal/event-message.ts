/** What one value of a TensorBoard event is: a number, or a PNG. */
export type SummaryValue = { tag: string } & ({ scalar: number } | { png: Uint8Array })

export interface EventFields {
  wallTimeS: number
  step: number
  fileVersion?: string
  /** The run starts, or starts again: readers forget what is there of this step and later ones. */
  start?: boolean
  values?: readonly SummaryValue[]
}

/**
 * A tensorflow.Event, in protocol buffers.
 *
 * @see tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto: the field numbers
 */
export function encodeEvent({ wallTimeS, step, fileVersion, start, values }: EventFields): Uint8Array {
  return Buffer.concat([
    fixed64(1, wallTimeS),
    varintField(2, step),
    ...(fileVersion ? [bytesField(3, Buffer.from(fileVersion))] : []),
    ...(values ? [bytesField(5, Buffer.concat(values.map(value => bytesField(1, encodeValue(value)))))] : []),
    ...(start ? [bytesField(7, varintField(1, 1))] : []), // SessionLog.status = START
  ])
}

function encodeValue(value: SummaryValue): Buffer {
  const tag = bytesField(1, Buffer.from(value.tag))
  if ('scalar' in value) return Buffer.concat([tag, fixed32(2, value.scalar)])
  const { width, height, channels } = pngSize(value.png)
  const image = [
    varintField(1, height),
    varintField(2, width),
    varintField(3, channels),
    bytesField(4, value.png),
  ]
  return Buffer.concat([tag, bytesField(4, Buffer.concat(image))])
}

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
/** Channels by PNG's colour type: grey, colour, palette, grey and alpha, colour and alpha. */
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 }

function pngSize(png: Uint8Array): { width: number; height: number; channels: number } {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength)
  if (bytes.length < 26 || !bytes.subarray(0, 8).equals(SIGNATURE))
    throw new RangeError(
      `reflow.TensorBoardWriter: images must be PNG files, got ${bytes.length} other bytes.`,
    )
  return {
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
    channels: CHANNELS[bytes[25] as number] ?? 3,
  }
}

function varint(value: number): Buffer {
  const out: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128)
  return Buffer.from([...out, rest])
}

function varintField(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)])
}

function bytesField(field: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes])
}

function fixed64(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return Buffer.concat([varint(field * 8 + 1), bytes])
}

function fixed32(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return Buffer.concat([varint(field * 8 + 5), bytes])
}
