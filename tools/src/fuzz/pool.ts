import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Outcome } from './run-case.js'
import type { Request } from './worker.js'

const worker = fileURLToPath(new URL('worker.ts', import.meta.url))
/** A case that takes longer hangs: cases take milliseconds, on inputs of some kilobytes. */
const DEADLINE_MS = 10_000
/** A process gets a new one after this many cases, so that what readers leave behind doesn't add up. */
const CASES_OF_A_PROCESS = 5000

/** One process that runs cases. It is killed when a case takes too long, and replaced when it is gone. */
export class Runner {
  #child: ChildProcess | undefined
  #cases = 0

  async run(request: Request): Promise<Outcome> {
    if (this.#cases++ % CASES_OF_A_PROCESS === 0) this.stop()
    this.#child ??= await start()
    const child = this.#child
    const outcome = await new Promise<Outcome>(resolve => {
      const fail = (problem: string) =>
        finish({ read: false, problem, doubtful: true, grown: 0, ms: DEADLINE_MS })
      const timer = setTimeout(() => {
        child.kill('SIGKILL')
        fail(`no end after ${DEADLINE_MS / 1000} s`)
      }, DEADLINE_MS)
      const onExit = (code: number | null, signal: string | null) =>
        fail(`the process ended (${signal ?? code})`)
      const finish = (outcome: Outcome) => {
        clearTimeout(timer)
        child.off('message', finish)
        child.off('exit', onExit)
        resolve(outcome)
      }
      child.on('message', finish)
      child.on('exit', onExit)
      child.send(request)
    })
    if (child.exitCode !== null || child.killed) this.#child = undefined
    return outcome
  }

  stop(): void {
    this.#child?.kill('SIGKILL')
    this.#child = undefined
  }
}

async function start(): Promise<ChildProcess> {
  const execArgv = ['--conditions=@rectified-flow/source', '--import', 'tsx', '--max-old-space-size=4096']
  const child = fork(worker, { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', code => reject(new Error(`tools.fuzz: a worker must start, got exit code ${code}.`)))
  })
  return child
}
