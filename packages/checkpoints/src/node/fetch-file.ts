import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { checkInt, checkNumber, checkOptions, describe } from '@rectified-flow/core'
import { download, hashFile } from './download.js'
import { type FetchFileOptions, type FileSource, fetchFileNames } from './file-source.js'

const WHERE = 'checkpoints.fetchFile'

/** The last call for each path: calls for one file run one after the other. */
const queues = new Map<string, Promise<unknown>>()
/** The files that this process has checked: their size and time of change, by path and hash. */
const checked = new Map<string, string>()

/**
 * The path of a published file in the cache; the file is fetched if it isn't there. A file with another hash is never
 * returned: the hash is checked when a download ends, and before a process first uses a cached file. A download goes to a
 * temporary name and is renamed when it is whole. An interrupted download continues where it stopped, if the server can and
 * still has the same file. Proxies are those of HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
 *
 * If only the start of a file's hash is published, the first download writes the full hash beside the file
 * (`<name>.sha256`), and later calls require that full hash.
 *
 * @throws RangeError for a file with another hash; Error if the file isn't in the cache and can't be downloaded. The
 *   Error names the address, the hash, and the path where a user can put the file by hand.
 */
export async function fetchFile(source: FileSource, options: FetchFileOptions = {}): Promise<string> {
  checkOptions('checkpoints.fetchFile', options, fetchFileNames)
  checkSource(source)
  checkInt(WHERE, 'retries', options.retries ?? 3, 0)
  checkNumber(WHERE, 'timeoutMs', options.timeoutMs ?? 30_000, 1)
  checkNumber(WHERE, 'maxBytes', options.maxBytes ?? 0, 0)
  const path = join(
    options.cacheDir ?? defaultCacheDir(),
    source.sha256.slice(0, 8).toLowerCase(),
    source.name,
  )
  const turn = (queues.get(path) ?? Promise.resolve()).then(() => fetchInTurn(source, path, options))
  const settled = turn.catch(() => {})
  queues.set(path, settled)
  try {
    return await turn
  } finally {
    if (queues.get(path) === settled) queues.delete(path)
  }
}

async function fetchInTurn(source: FileSource, path: string, options: FetchFileOptions): Promise<string> {
  options.signal?.throwIfAborted()
  const want = await pinnedHash(source, path)
  const cached = await hashOf(path, want)
  if (cached?.startsWith(want)) {
    await recordHash(source, path, cached)
    warnOfPrefix(source, want, cached, options)
    return path
  }
  const byHand = `Put the file at '${path}'; its SHA-256 ${want.length < 64 ? 'starts with' : 'is'} ${want}.`
  if (options.offline) {
    const found = cached ? `one with SHA-256 ${cached} at '${path}'` : 'none, and offline is set'
    throw new Error(
      `${WHERE}: '${source.name}' must be in the cache, got ${found}. It is published at ${source.url}. ${byHand}`,
    )
  }

  await mkdir(join(path, '..'), { recursive: true })
  const { file, sha256 } = await download(source, path, want, options).catch(cause => {
    if (options.signal?.aborted || cause instanceof RangeError) throw cause
    throw new Error(
      `${WHERE}: '${source.name}' must be reachable at ${source.url}, got ${(cause as Error).message}. ${byHand}`,
      { cause },
    )
  })
  await recordHash(source, path, sha256)
  await rename(file, path)
  warnOfPrefix(source, want, sha256, options)
  checked.set(`${path} ${sha256}`, await stampOf(path))
  return path
}

function checkSource(source: FileSource): void {
  if (source === null || typeof source !== 'object')
    throw new TypeError(
      `${WHERE}: source must be an object with name, url and sha256, got ${describe(source)}.`,
    )
  const { name, url, sha256, bytes } = source
  if (typeof name !== 'string' || !/^\w[\w.+-]*$/.test(name))
    throw new RangeError(
      `${WHERE}: name must be letters, digits and . _ + -, with no dot first, got ${describe(name)}.`,
    )
  if (typeof url !== 'string' || !/^https?:\/\//.test(url))
    throw new RangeError(`${WHERE}: url must be an http or https address, got ${describe(url)}.`)
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{8,64}$/i.test(sha256))
    throw new RangeError(`${WHERE}: sha256 must be 8 to 64 hex digits, got ${describe(sha256)}.`)
  if (bytes !== undefined) checkInt(WHERE, 'bytes', bytes, 0)
}

function defaultCacheDir(): string {
  const { RECTIFIED_FLOW_CACHE, XDG_CACHE_HOME } = process.env
  return RECTIFIED_FLOW_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'rectified-flow')
}

/** The hash to require: the source's, or, if that is only a prefix, the full one that was recorded. */
async function pinnedHash({ sha256 }: FileSource, path: string): Promise<string> {
  const prefix = sha256.toLowerCase()
  if (prefix.length === 64) return prefix
  const recorded = (await readFile(`${path}.sha256`, 'utf8').catch(() => '')).slice(0, 64)
  return /^[0-9a-f]{64}$/.test(recorded) && recorded.startsWith(prefix) ? recorded : prefix
}

/** Write the hash in the format of sha256sum, so that `sha256sum -c` reads it. */
async function recordHash({ name, sha256 }: FileSource, path: string, hash: string): Promise<void> {
  if (sha256.length < 64) await writeFile(`${path}.sha256`, `${hash}  ${name}\n`)
}

/** Say that only a part of the hash could be checked: another file with the same part can be made in minutes. */
function warnOfPrefix(
  { name, url }: FileSource,
  want: string,
  found: string,
  { onWarning }: FetchFileOptions,
): void {
  if (want.length === 64) return
  onWarning?.(
    `${WHERE}: '${name}' was checked by the first ${want.length} digits of its SHA-256 only, because no more are published for ` +
      `${url}. Its SHA-256 is ${found}, which later calls require.`,
  )
}

async function stampOf(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path)
  return `${size} ${mtimeMs}`
}

/** The hash of the file at path; `want`, unread, if this process has checked it before; null if there is no file. */
async function hashOf(path: string, want: string): Promise<string | null> {
  const stamp = await stampOf(path).catch(() => null)
  if (stamp === null) return null
  if (want.length === 64 && checked.get(`${path} ${want}`) === stamp) return want
  const sha256 = await hashFile(path)
  if (sha256.startsWith(want)) checked.set(`${path} ${sha256}`, stamp)
  return sha256
}
