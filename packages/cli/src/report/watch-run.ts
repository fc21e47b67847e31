import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** How often the run's files are looked at. Notices of the system don't come from all disks that machines share. */
const LOOK_MS = 1000
const FILES = ['settings.json', 'metrics.jsonl']

/** Call a function now and whenever the files of a run have changed, until the signal comes. */
export async function watchRun(
  folder: string,
  onChange: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (let seen = ''; !signal.aborted; ) {
    const now = await stampOf(folder)
    if (now !== seen) await onChange()
    seen = now
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {}) // it rejects when the signal comes
  }
}

async function stampOf(folder: string): Promise<string> {
  const stats = await Promise.all(FILES.map(name => stat(join(folder, name)).catch(() => undefined)))
  return stats.map(found => `${found?.size} ${found?.mtimeMs}`).join(' ')
}
