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
  /** How long a server may be silent, in milliseconds. */
  timeoutMs?: number
  /** How often to try again after a network error: first after half a second, then after twice the wait each time. */
  retries?: number
}
