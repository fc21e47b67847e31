import { randomUUID } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isRunning, machine } from './this-process.js'

// The name of a temporary file ends with the machine and the process that write it, and a unique id of the write.
const TEMPORARY = /\.([0-9a-f]{8})-(\d+)-[0-9a-f-]{36}\.tmp$/
/** We can't ask whether a process of another machine is alive. But no live writer pauses for this long. */
const ABANDONED_MS = 24 * 3600 * 1000

const swept = new Set<string>()

/** A unique name beside `path` for a file that isn't whole yet. */
export function temporaryName(path: string): string {
  return `${path}.${machine}-${process.pid}-${randomUUID()}.tmp`
}

/**
 * Remove the temporary files that killed writers left in a folder; only the first call for a folder in a process does so. A
 * file is removed if its process has ended or, if that can't be known, if nobody has written to it for a day. So the file
 * of a live writer is never removed, on a disk that machines share neither.
 */
export async function sweepOnce(folder: string): Promise<void> {
  const path = resolve(folder)
  if (swept.has(path)) return
  swept.add(path)
  for (const name of await readdir(path)) {
    const [, host, pid] = TEMPORARY.exec(name) ?? []
    if (pid === undefined) continue
    const file = join(path, name)
    const abandoned = (host === machine && !isRunning(Number(pid))) || (await ageMs(file)) > ABANDONED_MS
    // Another process may sweep at the same time, and another user's files are theirs to sweep.
    if (abandoned) await rm(file, { force: true }).catch(() => {})
  }
}

/** Since the last change: not since the last write, because a link to an old file is a new temporary file. */
async function ageMs(path: string): Promise<number> {
  const { ctimeMs } = await stat(path).catch(() => ({ ctimeMs: Infinity }))
  return Date.now() - ctimeMs
}
