import { type JobRun, LEFT_OUT, LeftOut } from './job.js'
import { jobOf } from './parts.js'

/** What a job's process is told. */
export interface RunningJob extends Pick<JobRun, 'software' | 'python' | 'tuning'> {
  part: string
  job: string
  seconds: number
}

/** A job leaves this share of its time for its last entry and the end of its process. */
const MARGIN = 0.1

/** Run a job in this process, and print its entries. */
export async function runHere({
  part,
  job,
  seconds,
  ...given
}: RunningJob & Pick<JobRun, 'pack'>): Promise<never> {
  console.log = console.error // stdout is only for entries
  const end = seconds * (1 - MARGIN)
  try {
    await jobOf(
      part,
      job,
    )({
      ...given,
      record: entry => void process.stdout.write(`${JSON.stringify(entry)}\n`),
      left: () => end - performance.now() / 1000, // this clock begins with the process
    })
  } catch (error) {
    console.error(error instanceof LeftOut ? error.message : error)
    process.exit(error instanceof LeftOut ? LEFT_OUT : 1)
  }
  process.exit(0) // else the threads of Dawn keep the process alive
}
