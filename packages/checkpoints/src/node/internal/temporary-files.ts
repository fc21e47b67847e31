import { createHash, randomUUID } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'

// The name of a file that is being written ends in who writes it: the machine, the process, and a name of the write's own.
const TEMPORARY = /\.([0-9a-f]{8})-(\d+)-[0-9a-f-]{36}\.tmp$/
/** A process of another machine can't be asked for. Nobody writes for this long without a byte. */
const ABANDONED_MS = 24 * 3600 * 1000

/** The machine, or the container, whose process numbers ours is one of. */
const machine = createHash('sha256').update(`${hostname()} ${processNamespace()}`).digest('hex').slice(0, 8)
const swept = new Set<string>()

/** A name beside `path`, of this call alone, for a file that isn't whole yet. */
export function temporaryName(path: string): string {
  return `${path}.${machine}-${process.pid}-${randomUUID()}.tmp`
}

/**
 * Remove what writers that were killed left in a folder, the first time that this process asks for it. A file is theirs if
 * its process is no more or, where that can't be known, if nobody has written to it for a day: never a live writer's.
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
    return process.kill(pid, 0) // signal 0 asks, and does nothing
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

async function ageMs(path: string): Promise<number> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }))
  return Date.now() - mtimeMs
}

/** Containers may have the same host name, and process numbers of their own each. */
function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return '' // not Linux
  }
}
