import { createHash, randomUUID } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'

// The name of a temporary file ends with the machine and the process that write it, and a unique id of the write.
const TEMPORARY = /\.([0-9a-f]{8})-(\d+)-[0-9a-f-]{36}\.tmp$/
/** We can't ask whether a process of another machine is alive. But no live writer pauses for this long. */
const ABANDONED_MS = 24 * 3600 * 1000

/** An id of the machine or container that our process number belongs to. */
const machine = createHash('sha256').update(`${hostname()} ${processNamespace()}`).digest('hex').slice(0, 8)
const swept = new Set<string>()

/** A unique name beside `path` for a file that isn't whole yet. */
export function temporaryName(path: string): string {
  return `${path}.${machine}-${process.pid}-${randomUUID()}.tmp`
}

/**
 * Remove the temporary files that killed writers left in a folder; only the first call for a folder in a process does so. A
 * file is removed if its process has ended or, if that can't be known, if nobody has written to it for a day. So the file
 * of a live writer is never removed.
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

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0) // signal 0 only asks whether the process exists
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

async function ageMs(path: string): Promise<number> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }))
  return Date.now() - mtimeMs
}

/** Containers may have the same host name, but each has its own process numbers. */
function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return '' // not Linux
  }
}
