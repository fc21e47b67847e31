import { describe } from '@rectified-flow/core'
import type { HostDtype, HostTensor } from '../host-tensor.js'
import { parseSafetensorsHeader, readEntry, safetensorsDataStart } from '../internal/safetensors-header.js'
import { RandomAccessFile } from './random-access-file.js'

const WHERE = 'checkpoints.openSafetensors'

/** A safetensors file on disk, whose tensors need not fit in memory. */
export interface SafetensorsFile {
  /** The dtypes and shapes of the tensors, by name, in the order of their bytes. */
  tensors: ReadonlyMap<string, { dtype: HostDtype; shape: number[] }>
  metadata: Record<string, string>
  /** One tensor; only its bytes are read. */
  read(name: string): Promise<HostTensor>
  close(): Promise<void>
}

/** Open a safetensors file. This reads and checks only its header; `read` reads a tensor. */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await RandomAccessFile.open(WHERE, path)
  try {
    return await file.named(() => describeFile(file))
  } catch (error) {
    await file.close()
    throw error
  }
}

async function describeFile(file: RandomAccessFile): Promise<SafetensorsFile> {
  const first = await file.read(0, Math.min(8, file.size))
  const dataStart = safetensorsDataStart(WHERE, first, file.size)
  const header = await file.read(8, dataStart - 8)
  const { entries, metadata } = parseSafetensorsHeader(WHERE, header, file.size - dataStart)
  const places = new Map(entries.map(entry => [entry.name, entry]))
  return {
    tensors: new Map(entries.map(({ name, dtype, shape }) => [name, { dtype: dtype as HostDtype, shape }])),
    metadata,
    read: name =>
      file.named(async () => {
        const place = places.get(name)
        if (!place)
          throw new RangeError(
            `${WHERE}: name must be one of the file's ${entries.length} tensors, got ${describe(name)}.`,
          )
        const bytes = await file.read(dataStart + place.start, place.end - place.start)
        const { dtype, shape, data } = readEntry(WHERE, place, bytes)
        return { dtype, shape, data } // asked for, so the data of an unread tensor throws here
      }),
    close: () => file.close(),
  }
}
