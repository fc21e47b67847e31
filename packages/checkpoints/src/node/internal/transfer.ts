import type { FileHandle } from 'node:fs/promises'
import type { FetchFileOptions, FileSource } from '../file-source.js'
import { type FileVersion, rangeHeaders, StatusError, sameFile, versionOf } from './answer.js'
import type { Network } from './network.js'

/** A file on its way, by one request or several. */
export interface Transfer {
  where: string
  source: FileSource
  file: FileHandle
  network: Network
  /** Bytes written. */
  done: number
  /** Whether the bytes come from more than one answer. */
  joined: boolean
  /** What the answer with the first bytes said of the file. */
  version: FileVersion | undefined
}

export type TransferOptions = FetchFileOptions & { timeoutMs: number; maxBytes: number }

/**
 * Request the missing bytes once. Within each `timeoutMs`, at least 1 byte a millisecond must come: a limit on silence alone
 * would wait for ever for a server that sends a byte now and then.
 */
export async function transferRest(transfer: Transfer, options: TransferOptions): Promise<void> {
  const { timeoutMs, signal } = options
  const [slow, over] = [new AbortController(), new AbortController()]
  const timer = setTimeout(() => slow.abort(), timeoutMs)
  let recent = 0 // bytes since the timer was started
  const arrived = (bytes: number) => {
    recent += bytes
    if (recent < timeoutMs) return
    recent = 0
    timer.refresh()
  }
  try {
    const signals = [slow.signal, over.signal, ...(signal ? [signal] : [])]
    await request(transfer, options, AbortSignal.any(signals), arrived)
  } catch (error) {
    if (slow.signal.aborted && !signal?.aborted)
      throw new Error(
        recent > 0 ? `only ${recent} bytes in ${timeoutMs} ms` : `no bytes for ${timeoutMs} ms`,
        { cause: error },
      )
    // The message of fetch's own error says only that it failed; the reason is in its cause.
    const { cause } = error as { cause?: NodeJS.ErrnoException }
    if (error instanceof TypeError && cause) throw new Error(cause.code ?? cause.message, { cause })
    throw error
  } finally {
    clearTimeout(timer)
    over.abort() // an answer that was not read to its end
  }
}

async function request(
  transfer: Transfer,
  { maxBytes, onProgress }: TransferOptions,
  signal: AbortSignal,
  arrived: (bytes: number) => void,
): Promise<void> {
  const { where, source, file, network } = transfer
  const headers = { 'accept-encoding': 'identity', ...rangeHeaders(transfer.done, transfer.version) }
  const response = await network.fetch(source.url, { headers, signal, dispatcher: network.dispatcher })
  const version = versionOf(response)
  if (response.status === 416 && version.total === transfer.done && transfer.done > 0) return // it was whole
  await place(transfer, response.status, version)

  const { bytes } = source
  const told = version.total
  const refuse = (got: number | 'more') => {
    const size = bytes ?? (told !== undefined && told <= maxBytes ? told : `at most ${maxBytes}`)
    const hint = typeof size === 'string' ? ' Raise maxBytes if that is right.' : ''
    return new RangeError(`${where}: ${source.url} must have ${size} bytes, got ${got}.${hint}`)
  }
  if (told !== undefined && (bytes === undefined ? told > maxBytes : told !== bytes)) throw refuse(told)
  const total = bytes ?? told
  for await (const chunk of response.body ?? []) {
    const part = chunk as Uint8Array
    arrived(part.length)
    if (transfer.done + part.length > (total ?? maxBytes)) throw refuse('more')
    await file.write(part, 0, part.length, transfer.done)
    transfer.done += part.length
    onProgress?.(transfer.done, total)
  }
  if (total !== undefined && transfer.done < total)
    throw new Error(`the first ${transfer.done} of ${total} bytes`)
}

/** Make ready for the bytes of an answer: the rest of the file, or the file from its start. */
async function place(transfer: Transfer, status: number, version: FileVersion): Promise<void> {
  const restart = async () => {
    await transfer.file.truncate(0)
    Object.assign(transfer, { done: 0, joined: false, version: undefined })
  }
  if (status === 416) await restart()
  if (status >= 300) throw new StatusError(status)
  if (status !== 206) await restart()
  else if (version.start !== transfer.done || (transfer.version && !sameFile(transfer.version, version))) {
    await restart()
    throw new Error('a part of another file')
  } else if (transfer.done > 0) transfer.joined = true
  transfer.version ??= version
}
