import type { ChildProcess } from 'node:child_process'
import { watch } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createRng } from '@rectified-flow/core'
import { run } from './child-program.js'

const KILLS = 20
/** The fewest kills that must have left an unfinished file. */
const INSIDE_WRITES = 4

export interface KillPlan {
  /** A bundled program that writes to a folder, sends a few dozen numbers, and when started again resumes its work. */
  program: string
  args: string[]
  /** The program's folder, and the folders in it where files have names that end in .tmp until they are complete. */
  folder: string
  writesTo: string[]
  /** Called when the program has finished its work. Then the folder is removed, and the program starts from nothing. */
  onEnd: () => Promise<void>
}

/**
 * Kill a program with kill -9 and start it again, 20 times, then let it finish. Kills alternate: one comes some milliseconds
 * after the program sent a number, the next when it has begun to write a file.
 */
export async function killAgainAndAgain({ program, args, folder, writesTo, onEnd }: KillPlan): Promise<void> {
  const rng = createRng(20)
  let [kills, insideWrites, ends] = [0, 0, 0]
  while (kills < KILLS || insideWrites < INSIDE_WRITES || ends === 0) {
    const writing = await watchWriting(writesTo.map(name => join(folder, name)))
    for (let killed = true; killed; ) {
      const enough = kills >= KILLS && insideWrites >= INSIDE_WRITES
      const [u, v] = rng.uniforms(2) as unknown as [number, number]
      const before = await writing.unfinished()
      let numbers = 0
      const atNumber = enough || kills % 2 === 1 ? Infinity : 1 + Math.floor(u * 20)
      const atWrite = enough || kills % 2 === 0 ? Infinity : 1 + Math.floor(u * 8)
      const outcome = await run(
        program,
        args,
        (_, child) => void (++numbers === atNumber && setTimeout(() => child.kill('SIGKILL'), v * 8)),
        child => writing.killAt(atWrite, child),
      )
      killed = outcome.killed
      if (!killed) continue
      kills++
      if ((await writing.unfinished()).some(name => !before.includes(name))) insideWrites++
    }
    writing.close()
    await onEnd()
    await rm(folder, { recursive: true })
    ends++
  }
}

interface Writing {
  /** Kill the process when it has begun to write its n-th file. */
  killAt(n: number, child: ChildProcess): void
  /** The files that are unfinished. */
  unfinished(): Promise<string[]>
  close(): void
}

async function watchWriting(folders: readonly string[]): Promise<Writing> {
  let victim: ChildProcess | undefined
  let left = Infinity
  const begun = new Set<string>()
  for (const folder of folders) await mkdir(folder, { recursive: true })
  const watchers = folders.map(folder =>
    watch(folder, (_, name) => {
      if (!name?.endsWith('.tmp') || begun.has(name)) return
      begun.add(name)
      if (--left === 0) victim?.kill('SIGKILL')
    }),
  )
  return {
    killAt(n, child) {
      left = n
      victim = child
    },
    async unfinished() {
      const names = await Promise.all(folders.map(folder => readdir(folder)))
      return names.flat().filter(name => name.endsWith('.tmp'))
    },
    close() {
      for (const watcher of watchers) watcher.close()
    },
  }
}
