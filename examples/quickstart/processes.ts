import { type ChildProcess, fork } from 'node:child_process'
import type { Job, Report } from './job.js'

/** Shows the progress of jobs. */
export interface Watcher {
  start(job: Job): void
  progress(job: Job, done: number, total: number): void
  end(job: Job): void
}

/** A process starts in two seconds, so each does many jobs, one after another. */
function startWorker(): ChildProcess {
  return fork(new URL('./worker.ts', import.meta.url), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { TF_NUM_INTRAOP_THREADS: '1', ...process.env },
  })
}

function runOne(job: Job, worker: ChildProcess, watcher: Watcher): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: Error) => {
      worker.off('message', hear).off('error', end).off('exit', early)
      watcher.end(job)
      if (error) reject(error)
      else resolve()
    }
    const hear = (report: Report) => {
      if ('error' in report) end(new Error(report.error))
      else if ('ended' in report) end()
      else watcher.progress(job, report.done, report.total)
    }
    const early = (code: number | null, signal: string | null) =>
      end(new Error(`quickstart: ${job.title} ended early (${signal ?? `exit code ${code}`}).`))
    watcher.start(job)
    worker.on('message', hear).on('error', end).on('exit', early)
    worker.send(job)
  })
}

/**
 * Up to `count` processes. A process computes on one thread, so two keep two cores busy. They end with this process. The results
 * of a job do not depend on which of them runs it, and on what runs before it and beside it.
 */
export class Workers {
  readonly #idle: ChildProcess[] = []

  constructor(readonly count: number) {}

  /** Run each job in one of the processes. After an error no job begins, and the error is thrown when all have ended. */
  async run(jobs: readonly Job[], watcher: Watcher): Promise<void> {
    const queue = [...jobs]
    const errors: unknown[] = []
    const work = async () => {
      const worker = this.#idle.pop() ?? startWorker()
      for (let job = queue.shift(); job && errors.length === 0; job = queue.shift())
        await runOne(job, worker, watcher).catch(error => errors.push(error))
      this.#idle.push(worker)
    }
    await Promise.all(Array.from({ length: Math.min(this.count, jobs.length) }, work))
    if (errors.length > 0) throw errors[0]
  }
}
