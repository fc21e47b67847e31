import type { OptionNames } from '@rectified-flow/core'

/** A file that is published at an address. */
export interface FileSource {
  /** What to call it in the cache: letters, digits and `. _ + -`. */
  name: string
  /** Where it is published, http or https. */
  url: string
  /** SHA-256 of its bytes in hex: all 64 digits, or the first 8 or more where only those are published. */
  sha256: string
  /** Its size, where it is known. */
  bytes?: number
}

export interface FetchFileOptions {
  /** Folder of the cache: RECTIFIED_FLOW_CACHE, else rectified-flow in XDG_CACHE_HOME or ~/.cache. */
  cacheDir?: string
  /** Never use the network. */
  offline?: boolean
  /** Called with the number of bytes that have come, and the total if it is known. */
  onProgress?: (done: number, total: number | undefined) => void
  /** Stops the download; the bytes that came stay in the cache for the next try. */
  signal?: AbortSignal
  /** Called with a sentence if only the start of the file's hash is published, when that is all that could be checked. */
  onWarning?: (message: string) => void
  /** The largest file to fetch, if the source doesn't say its size: 4 GiB. */
  maxBytes?: number
  /** How long a server may take for as many bytes as this number, in milliseconds; slower than 1 kB a second is a failure. */
  timeoutMs?: number
  /** How often to try again after a network error: first after half a second, then after twice the wait each time. A try that
   * brings 1 MiB or more begins the count anew. */
  retries?: number
}

export const fetchFileNames: OptionNames<FetchFileOptions> = {
  cacheDir: 'optional',
  offline: 'optional',
  onProgress: 'optional',
  signal: 'optional',
  onWarning: 'optional',
  maxBytes: 'optional',
  timeoutMs: 'optional',
  retries: 'optional',
}
