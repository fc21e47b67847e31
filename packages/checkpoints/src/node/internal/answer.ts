import type { Response } from 'undici'

/** The server answered with an error status; a later try may succeed. */
export class StatusError extends Error {
  constructor(readonly status: number) {
    super(`status ${status}`)
  }
}

/** What an answer says of the file. */
export interface FileVersion {
  etag: string | null
  modified: string | null
  /** The size of the whole file. */
  total: number | undefined
  /** The first byte that the answer holds. */
  start: number | undefined
}

export function versionOf({ status, headers }: Response): FileVersion {
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(headers.get('content-range') ?? '')
  const length = /^\d+$/.exec(headers.get('content-length') ?? '')
  const whole = status !== 206 && status !== 416
  const number = (digits: string | undefined) => (digits === undefined ? undefined : Number(digits))
  return {
    etag: headers.get('etag'),
    modified: headers.get('last-modified'),
    total: number(whole ? length?.[0] : range?.[2]),
    start: whole ? 0 : number(range?.[1]),
  }
}

/** False if the two answers tell of different files. What one of them doesn't say is not compared. */
export function sameFile(a: FileVersion, b: FileVersion): boolean {
  const differ = (one: unknown, other: unknown) => one != null && other != null && one !== other
  return !differ(a.etag, b.etag) && !differ(a.modified, b.modified) && !differ(a.total, b.total)
}

/** The headers that ask for the bytes from `done` on; or for the whole file, if it is another one by now. */
export function rangeHeaders(done: number, version: FileVersion | undefined): Record<string, string> {
  if (done === 0) return {}
  // A weak ETag, W/"...", is not for ranges.
  const validator = version?.etag?.startsWith('"') ? version.etag : version?.modified
  return { range: `bytes=${done}-`, ...(validator && { 'if-range': validator }) }
}
