import { deepStrictEqual } from 'node:assert'
import type { ChildProcess } from 'node:child_process'
import { watch } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** A program that writes to a folder, and goes on with its work when it is started again. */
export interface Job {
  /** Start it. Its first message to this process, or its first line on stderr, says that its work begins. */
  start(out: string): ChildProcess
  /** The folders in its folder where files have names that end in .tmp until they are complete. */
  writesTo: readonly string[]
  /** What must be the same at the end, whatever happened before. */
  contents(out: string): Promise<Record<string, string>>
}

export interface KillPlan {
  /** An empty folder. */
  folder: string
  kills: number
  /** The next number of a stream of uniform numbers in [0, 1). */
  uniform: () => number
}

export interface KillResult {
  kills: number
  /** How many of the kills have left an unfinished file. */
  insideWrites: number
  /** How often the job came to its end, and had made the files of an undisturbed run. */
  ends: number
}

/** When to kill: after so many milliseconds of work, or when the job has begun to write so many files. */
interface Moment {
  ms: number
  writes: number
}

const NEVER: Moment = { ms: Infinity, writes: Infinity }

/**
 * Run a job undisturbed. Then kill it with kill -9 and start it again, so many times, at moments that are drawn over its
 * length: after some milliseconds, or (every other kill) when it has begun to write a file. At least each tenth kill must
 * leave an unfinished file. Whenever the job comes to its end, its folder must hold what the undisturbed run made; then the
 * folder is removed, and the job starts from nothing.
 */
export async function killAgainAndAgain(job: Job, { folder, kills, uniform }: KillPlan): Promise<KillResult> {
  const [whole, broken] = [join(folder, 'whole'), join(folder, 'broken')]
  const { length, contents: expected } = await undisturbed(job, whole)
  const done: KillResult = { kills: 0, insideWrites: 0, ends: 0 }
  const isEnough = () => done.kills >= kills && done.insideWrites >= kills / 10
  while (!isEnough() || done.ends === 0) {
    const writing = await watchWriting(job, broken)
    for (let killed = true; killed; ) {
      // Half of the length: a job goes on where it was killed, so later kills come later in its work.
      const part = uniform() / 2
      const byTime = done.kills % 2 === 0
      const moment = byTime
        ? { ms: part * length.ms, writes: Infinity }
        : { ms: Infinity, writes: 1 + Math.floor(part * length.writes) }
      const before = await writing.unfinished()
      killed = (await live(job.start(broken), writing, isEnough() ? NEVER : moment)).killed
      if (!killed) continue
      done.kills++
      if ((await writing.unfinished()).some(name => !before.includes(name))) done.insideWrites++
    }
    writing.close()
    deepStrictEqual(
      await job.contents(broken),
      expected,
      'a killed job must make the files of an undisturbed one',
    )
    done.ends++
    await rm(broken, { recursive: true })
  }
  return done
}

async function undisturbed(job: Job, out: string) {
  const writing = await watchWriting(job, out)
  const { workMs } = await live(job.start(out), writing, NEVER)
  writing.close()
  return { length: { ms: workMs, writes: writing.begun }, contents: await job.contents(out) }
}

/** Wait for the end of a process, or kill it before. Rejects if it fails by itself. */
function live(
  child: ChildProcess,
  writing: Writing,
  { ms, writes }: Moment,
): Promise<{ killed: boolean; workMs: number }> {
  return new Promise((resolve, reject) => {
    let stderr = ''
    let begin: number | undefined
    let timer: NodeJS.Timeout | undefined
    const kill = () => void child.kill('SIGKILL')
    const begun = () => {
      begin ??= performance.now()
      if (ms !== Infinity) timer ??= setTimeout(kill, ms)
    }
    writing.onWrites(writes, kill)
    child.on('message', begun)
    child.stderr?.on('data', chunk => {
      stderr += chunk
      begun()
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      writing.onWrites(Infinity, kill)
      const killed = signal === 'SIGKILL'
      if (code === 0 || killed) resolve({ killed, workMs: performance.now() - (begin ?? Number.NaN) })
      else reject(new Error(`the job failed (${signal ?? code}): ${stderr}`))
    })
  })
}

/** The files that a job writes. */
interface Writing {
  /** How many it has begun. */
  readonly begun: number
  /** Call a function when it has begun so many more. */
  onWrites(count: number, call: () => void): void
  /** The names of the files that are unfinished. */
  unfinished(): Promise<string[]>
  close(): void
}

async function watchWriting({ writesTo }: Job, out: string): Promise<Writing> {
  const folders = writesTo.map(name => join(out, name))
  const seen = new Set<string>()
  let [left, call] = [Infinity, () => {}]
  for (const folder of folders) await mkdir(folder, { recursive: true })
  const watchers = folders.map(folder =>
    watch(folder, (_, name) => {
      if (!name?.endsWith('.tmp') || seen.has(name)) return
      seen.add(name)
      if (--left === 0) call()
    }),
  )
  return {
    get begun() {
      return seen.size
    },
    onWrites(count, next) {
      left = count
      call = next
    },
    async unfinished() {
      const names = await Promise.all(folders.map(folder => readdir(folder).catch(() => [])))
      return names.flat().filter(name => name.endsWith('.tmp'))
    },
    close() {
      for (const watcher of watchers) watcher.close()
    },
  }
}
