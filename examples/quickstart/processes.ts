import { fork } from 'node:child_process'
import type { Job, Report } from './job.js'

/** Shows the progress of jobs. */
export interface Watcher {
  start(job: Job): void
  progress(job: Job, done: number, total: number): void
  end(job: Job): void
}

function runOne(job: Job, watcher: Watcher): Promise<void> {
  return new Promise((resolve, reject) => {
    watcher.start(job)
    const child = fork(new URL('./worker.ts', import.meta.url), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { TF_NUM_INTRAOP_THREADS: '1', ...process.env },
    })
    let failure = ''
    child.on('message', (report: Report) => {
      if ('error' in report) failure = report.error
      else watcher.progress(job, report.done, report.total)
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      watcher.end(job)
      if (code === 0) resolve()
      else
        reject(
          new Error(failure || `quickstart: ${job.title} ended early (${signal ?? `exit code ${code}`}).`),
        )
    })
    child.send(job)
  })
}

/**
 * Run each job in a process of its own, `workers` at a time. A process computes on one thread, so two processes keep two cores busy. The results of a job do not depend on how many jobs run at the same time.
 */
export async function runJobs(jobs: readonly Job[], workers: number, watcher: Watcher): Promise<void> {
  const queue = [...jobs]
  const errors: unknown[] = []
  const work = async () => {
    for (let job = queue.shift(); job && errors.length === 0; job = queue.shift())
      await runOne(job, watcher).catch(error => errors.push(error))
  }
  await Promise.all(Array.from({ length: Math.min(workers, jobs.length) }, work))
  if (errors.length > 0) throw errors[0]
}
