import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** One value of a TensorBoard event: a number or a PNG image. */
export type SummaryValue = { tag: string } & ({ scalar: number } | { png: Uint8Array })

export interface EventFields {
  wallTimeS: number
  step: number
  fileVersion?: string
  /** The run starts or restarts here: readers then discard earlier events of this step and of later steps. */
  start?: boolean
  values?: readonly SummaryValue[]
}

/**
 * Encodes a tensorflow.Event as a protocol buffer.
 *
 * @see tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto: the field numbers
 */
export function encodeEvent({ wallTimeS, step, fileVersion, start, values }: EventFields): Uint8Array {
  const event = new BinaryWriter()
    .tag(1, WireType.Bit64)
    .double(wallTimeS)
    .tag(2, WireType.Varint)
    .int64(step)
  if (fileVersion) event.tag(3, WireType.LengthDelimited).string(fileVersion)
  if (values) {
    event.tag(5, WireType.LengthDelimited).fork()
    for (const value of values) encodeValue(event.tag(1, WireType.LengthDelimited).fork(), value).join()
    event.join()
  }
  // SessionLog.status = START
  if (start) event.tag(7, WireType.LengthDelimited).fork().tag(1, WireType.Varint).int32(1).join()
  return event.finish()
}

function encodeValue(writer: BinaryWriter, value: SummaryValue): BinaryWriter {
  writer.tag(1, WireType.LengthDelimited).string(value.tag)
  if ('scalar' in value) return writer.tag(2, WireType.Bit32).float(value.scalar)
  const { width, height, channels } = pngSize(value.png)
  writer.tag(4, WireType.LengthDelimited).fork()
  for (const [i, size] of [height, width, channels].entries()) writer.tag(i + 1, WireType.Varint).int32(size)
  return writer.tag(4, WireType.LengthDelimited).bytes(value.png).join()
}

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
/** Number of channels by PNG's colour type: grey, colour, palette, grey and alpha, colour and alpha. */
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
    channels: CHANNELS[bytes[25]!] ?? 3,
  }
}
