import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { checkInt, checkOptions, checkText } from '@rectified-flow/core'
import { crc32c } from './internal/crc32c.js'
import { type EventFields, encodeEvent, type SummaryValue } from './internal/event-message.js'

/**
 * Writes an event file for TensorBoard: `tensorboard --logdir FOLDER`. A resumed run writes a new file in the same folder,
 * which says at which step it starts, so that TensorBoard shows nothing twice.
 */
export class TensorBoardWriter {
  readonly #file: FileHandle

  /** Events are written one after the other. */
  #queue: Promise<void> = Promise.resolve()

  private constructor(
    readonly path: string,
    file: FileHandle,
  ) {
    this.#file = file
  }

  /** @param step  the first step of this file: TensorBoard discards this and later steps of earlier files */
  static async open(folder: string, options: { step?: number } = {}): Promise<TensorBoardWriter> {
    checkOptions<{ step?: number }>('reflow.TensorBoardWriter.open', options, { step: 'optional' })
    const { step = 0 } = options
    checkText('reflow.TensorBoardWriter.open', 'folder', folder)
    checkInt('reflow.TensorBoardWriter.open', 'step', step, 0)
    await mkdir(folder, { recursive: true })
    // TensorBoard reads the files in the order of their names. The last part is of chance, for writers of the same millisecond.
    const name = `events.out.tfevents.${(Date.now() / 1000).toFixed(6)}.rectified-flow.${randomUUID().slice(0, 8)}`
    const path = join(folder, name)
    const writer = new TensorBoardWriter(path, await open(path, 'ax'))
    await writer.#put({ step: 0, fileVersion: 'brain.Event:2' })
    await writer.#put({ step, start: true })
    return writer
  }

  /** Numbers by tag; 'loss/all' and 'loss/first' share a section. TensorBoard marks numbers that are not finite. */
  scalars(step: number, values: Readonly<Record<string, number>>): Promise<void> {
    return this.#put({ step, values: Object.entries(values).map(([tag, scalar]) => ({ tag, scalar })) })
  }

  /** PNG files by tag, for example from `encodePngGrid` of `@rectified-flow/datasets`. */
  images(step: number, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
    return this.#put({
      step,
      values: Object.entries(files).map(([tag, png]): SummaryValue => ({ tag, png })),
    })
  }

  /** Write all waiting events and close the file. Safe to call twice. */
  async close(): Promise<void> {
    await this.#queue
    await this.#file.close()
  }

  #put(event: Omit<EventFields, 'wallTimeS'>): Promise<void> {
    const bytes = tfRecord(encodeEvent({ wallTimeS: Date.now() / 1000, ...event }))
    this.#queue = this.#queue.then(() => this.#file.appendFile(bytes))
    return this.#queue
  }
}

/**
 * A record of a TFRecord file: length (8 bytes, little endian), the length's checksum, the data, the data's checksum.
 *
 * @see tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format details"
 */
function tfRecord(data: Uint8Array): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(data.length))
  return Buffer.concat([length, maskedCrc(length), data, maskedCrc(data)])
}

/** CRC-32C, rotated right by 15 bits plus a constant, because a plain CRC is weak for data that contain CRCs. */
function maskedCrc(bytes: Uint8Array): Buffer {
  const crc = crc32c(bytes)
  const out = Buffer.alloc(4)
  out.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0)
  return out
}
