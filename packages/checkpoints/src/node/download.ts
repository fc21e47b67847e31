import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { FetchFileOptions, FileSource } from './file-source.js'
import { StatusError } from './internal/answer.js'
import { openNetwork } from './internal/network.js'
import { type Transfer, transferRest } from './internal/transfer.js'

const WHERE = 'checkpoints.fetchFile'
/** After this time without a write, a temporary file was left by a killed process: a live one writes or gives up sooner. */
const ABANDONED_MS = 600_000
/** A try that brings fewer bytes counts as a failure, so that a server that cuts every answer short comes to an end. */
const PROGRESS_BYTES = 2 ** 20
/** The largest file, if the source doesn't say its size: 4 GiB. */
const MAX_BYTES = 2 ** 32

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
    const joined = await fill(source, temporary, options)
    let sha256 = await hashFile(temporary)
    if (!sha256.startsWith(want) && (resumed || joined)) {
      // The first part may have been the start of another file.
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

/**
 * Download the missing bytes of the temporary file; after a network error, try again as often as `retries` says. Returns
 * whether the bytes come from more than one answer.
 */
async function fill(source: FileSource, temporary: string, options: FetchFileOptions): Promise<boolean> {
  const { retries = 3, timeoutMs = 30_000, maxBytes = MAX_BYTES, signal } = options
  const network = await openNetwork(WHERE)
  const file = await open(temporary, 'r+').catch(() => open(temporary, 'w+'))
  try {
    const { size } = await file.stat()
    const transfer: Transfer = {
      where: WHERE,
      source,
      file,
      network,
      done: size,
      joined: false,
      version: undefined,
    }
    for (let failures = 0; ; ) {
      const before = transfer.done
      try {
        await transferRest(transfer, { ...options, timeoutMs, maxBytes })
        break
      } catch (error) {
        if (signal?.aborted || error instanceof RangeError) throw error
        if (error instanceof StatusError && error.status < 500 && ![408, 416, 429].includes(error.status))
          throw error
        if (transfer.done - before >= PROGRESS_BYTES) failures = 0
        if (failures === retries) throw error
        await pause(500 * 2 ** failures++, undefined, { signal })
      }
    }
    await file.sync()
    return transfer.joined
  } finally {
    await file.close()
    await network.dispatcher.destroy()
  }
}

/** SHA-256 of a file, in hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
