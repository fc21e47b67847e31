import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { FetchFileOptions, FileSource } from './file-source.js'

const WHERE = 'checkpoints.fetchFile'
/** After this time without a write, a temporary file was left by a killed process: a live one writes or gives up sooner. */
const ABANDONED_MS = 600_000

/** The server answered with an error status; a later try may succeed. */
class StatusError extends Error {
  constructor(readonly status: number) {
    super(`status ${status}`)
  }
}

interface Transfer {
  file: FileHandle
  /** Bytes written. */
  done: number
}

/**
 * Fetch a source to a temporary file beside `path` and check its hash; the caller renames it. A temporary file belongs
 * to one call. To take over the file that an earlier call left, a call renames it, which only one call can do.
 */
export async function download(
  source: FileSource,
  path: string,
  want: string,
  options: FetchFileOptions,
): Promise<{ file: string; sha256: string }> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    const resumed = await takeOver(path, temporary)
    await fill(source, temporary, options)
    let sha256 = await hashFile(temporary)
    if (!sha256.startsWith(want) && resumed) {
      // The resumed part may have been the start of another file.
      await rm(temporary)
      await fill(source, temporary, options)
      sha256 = await hashFile(temporary)
    }
    if (sha256.startsWith(want)) return { file: temporary, sha256 }
    await rm(temporary)
    throw new RangeError(
      `${WHERE}: the SHA-256 of ${source.url} must ${want.length < 64 ? 'start with' : 'be'} ${want}, got ${sha256}.`,
    )
  } catch (error) {
    await rename(temporary, `${path}.partial`).catch(() => {})
    throw error
  }
}

/** Make the partial file that an earlier call left of `path` this call's temporary file. False if there is none. */
async function takeOver(path: string, temporary: string): Promise<boolean> {
  const candidates = [`${path}.partial`]
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(`${basename(path)}.`) || !name.endsWith('.tmp')) continue
    const left = join(dirname(path), name)
    const { mtimeMs } = await stat(left).catch(() => ({ mtimeMs: Infinity }))
    if (Date.now() - mtimeMs > ABANDONED_MS) candidates.push(left)
  }
  for (const left of candidates)
    if (
      await rename(left, temporary).then(
        () => true,
        () => false,
      )
    )
      return true
  return false
}

/** Download the missing bytes of the temporary file; after a network error, try again as often as `retries` says. */
async function fill(source: FileSource, temporary: string, options: FetchFileOptions): Promise<void> {
  const { retries = 3, signal } = options
  const file = await open(temporary, 'r+').catch(() => open(temporary, 'w+'))
  try {
    const transfer: Transfer = { file, done: (await file.stat()).size }
    let furthest = transfer.done
    for (let failures = 0; ; ) {
      try {
        await transferRest(source, transfer, options)
        break
      } catch (error) {
        if (signal?.aborted || error instanceof RangeError) throw error
        if (error instanceof StatusError && error.status < 500 && ![408, 416, 429].includes(error.status))
          throw error
        if (transfer.done > furthest) failures = 0
        furthest = Math.max(furthest, transfer.done)
        if (failures === retries) throw error
        await pause(500 * 2 ** failures++, undefined, { signal })
      }
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Request the missing bytes once. */
async function transferRest(
  source: FileSource,
  transfer: Transfer,
  { timeoutMs = 30_000, signal, onProgress }: FetchFileOptions,
): Promise<void> {
  const { file, done: start } = transfer
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(), timeoutMs)
  try {
    const response = await fetch(source.url, {
      headers: { 'accept-encoding': 'identity', ...(start > 0 && { range: `bytes=${start}-` }) },
      signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
    })
    const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(response.headers.get('content-range') ?? '')
    if (response.status === 416 && start > 0) {
      if (Number(range?.[2]) === start) return // it was whole
      await restart(transfer)
    }
    if (!response.ok) throw new StatusError(response.status)
    const resumes = response.status === 206 && Number(range?.[1]) === start
    if (start > 0 && !resumes) await restart(transfer)
    const length = response.headers.get('content-length')
    const told = resumes ? Number(range?.[2]) : length === null ? undefined : Number(length)
    if (source.bytes !== undefined && told !== undefined && told !== source.bytes)
      throw new RangeError(`${WHERE}: ${source.url} must have ${source.bytes} bytes, got ${told}.`)
    const total = source.bytes ?? told

    for await (const chunk of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
      timer.refresh()
      if (total !== undefined && transfer.done + chunk.length > total)
        throw new RangeError(`${WHERE}: ${source.url} must have ${total} bytes, got more.`)
      await file.write(chunk, 0, chunk.length, transfer.done)
      transfer.done += chunk.length
      onProgress?.(transfer.done, total)
    }
    if (total !== undefined && transfer.done < total)
      throw new Error(`the first ${transfer.done} of ${total} bytes`)
  } catch (error) {
    if (silence.signal.aborted && !signal?.aborted)
      throw new Error(`no bytes for ${timeoutMs} ms`, { cause: error })
    // The message of fetch's own error says only that it failed; the reason is in its cause.
    const { cause } = error as { cause?: NodeJS.ErrnoException }
    if (error instanceof TypeError && cause) throw new Error(cause.code ?? cause.message, { cause })
    throw error
  } finally {
    clearTimeout(timer)
  }
}

async function restart(transfer: Transfer): Promise<void> {
  await transfer.file.truncate(0)
  transfer.done = 0
}

/** SHA-256 of a file, in hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
