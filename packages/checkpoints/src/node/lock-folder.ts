import { open, readdir, readFile, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkOptions, checkText, type OptionNames } from '@rectified-flow/core'
import { isRunning, machine } from './internal/this-process.js'
import { touchRegularly } from './internal/touch-regularly.js'
import { makeFolder } from './make-folder.js'

const NAME = /^lock-(\d{9,})$/

export interface LockFolderOptions {
  /** How often this process shows that it is alive. */
  beatMs?: number
  /** How long to wait until the other process shows that it is alive, where nothing else tells. */
  patienceMs?: number
  /** Called before this wait. */
  onWait?: (message: string) => void
}

const lockFolderNames: OptionNames<LockFolderOptions> = {
  beatMs: 'optional',
  patienceMs: 'optional',
  onWait: 'optional',
}

/** A folder that this process has for itself. */
export interface FolderLock {
  /** Throws if another process took the folder, because this one was suspended and seemed dead. */
  check(): Promise<void>
  release(): Promise<void>
}

/** The process of a lock. */
interface Owner {
  machine: string
  pid: number
  host: string
}

/**
 * Have a folder for this process alone, until it releases the folder or ends. The lock of a dead process is taken over: at
 * once if it ran on this machine. If it ran on another one, or if its process number belongs to another process now, this
 * takes a minute without a sign of life, which is a new modification time of the lock's file. So it works on a disk that
 * machines share, if that disk keeps these times.
 *
 * A lock is a file with a number in its name; the highest number has the folder. A process that takes over makes the next
 * number. Only one can do that, so nobody ever removes a lock that another process has just made.
 *
 * @throws RangeError if a live process has the folder
 */
export async function lockFolder(
  where: string,
  folder: string,
  options: LockFolderOptions = {},
): Promise<FolderLock> {
  checkOptions('checkpoints.lockFolder', options, lockFolderNames)
  const { beatMs = 2000, patienceMs = 60_000, onWait } = options
  checkText('checkpoints.lockFolder', 'folder', folder)
  const refuse = (cause: NodeJS.ErrnoException) => {
    throw new RangeError(
      `${where}: folder must be one that this process can read and write, got '${folder}' (${cause.code}).`,
      { cause },
    )
  }
  for (;;) {
    const before = await newestLock(folder).catch(refuse)
    if (before > 0) await waitUntilDead(before)
    const mine = before + 1
    if (!(await made(folder, mine).catch(refuse))) continue // another process was faster
    if ((await newestLock(folder).catch(refuse)) === mine) return held(mine)
    await rm(pathOf(folder, mine), { force: true }) // `before` was long outdated: others took over from each other
  }

  async function waitUntilDead(lock: number): Promise<void> {
    const path = pathOf(folder, lock)
    const owner = await ownerOf(path)
    const begin = await timeOf(path)
    if (begin === undefined || isDead(owner)) return
    onWait?.(
      `${where}: '${folder}' is locked by ${named(owner)}. Waiting for up to ${patienceMs / 1000} s for a sign of life.`,
    )
    for (const end = performance.now() + patienceMs; performance.now() < end; ) {
      await sleep(beatMs / 2)
      const time = await timeOf(path)
      if (time === undefined) return
      if (time !== begin)
        throw new RangeError(
          `${where}: folder must be used by one process at a time, got '${folder}', which ${named(owner)} uses.`,
        )
    }
  }

  async function held(mine: number): Promise<FolderLock> {
    for (const older of await locks(folder))
      if (older < mine) await rm(pathOf(folder, older), { force: true })
    const stop = touchRegularly(pathOf(folder, mine), beatMs)
    return {
      async check() {
        const newest = await newestLock(folder)
        if (newest === mine) return
        const other = newest > 0 ? named(await ownerOf(pathOf(folder, newest))) : 'nobody'
        throw new RangeError(
          `${where}: folder must stay locked by this process, got '${folder}', locked by ${other}.`,
        )
      },
      async release() {
        await stop()
        await rm(pathOf(folder, mine), { force: true })
      },
    }
  }
}

const pathOf = (folder: string, lock: number) => join(folder, `lock-${String(lock).padStart(9, '0')}`)

async function locks(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [] // not made yet, or someone has removed it
    throw error
  })
  return names.flatMap(name => (NAME.test(name) ? [Number(name.slice('lock-'.length))] : []))
}

const newestLock = async (folder: string): Promise<number> => Math.max(0, ...(await locks(folder)))

/** Make a lock's file, and the folder if it is missing; false if the file is there. */
async function made(folder: string, lock: number): Promise<boolean> {
  await makeFolder(folder)
  const file = await open(pathOf(folder, lock), 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined
    throw error
  })
  await file?.writeFile(JSON.stringify({ machine, pid: process.pid, host: hostname() } satisfies Owner))
  await file?.close()
  return file !== undefined
}

/** Undefined if it isn't known: the process ended, or is about to write it. */
async function ownerOf(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner
  } catch {
    return undefined
  }
}

const isDead = (owner: Owner | undefined) => owner?.machine === machine && !isRunning(owner.pid)

const named = (owner: Owner | undefined) =>
  owner ? `process ${owner.pid} of machine '${owner.host}'` : 'another process'

/** The modification time; undefined if the file is not there. Opening a file makes a network disk ask its server. */
async function timeOf(path: string): Promise<number | undefined> {
  const file = await open(path).catch(() => undefined)
  try {
    return (await file?.stat())?.mtimeMs
  } finally {
    await file?.close()
  }
}
