// One job in one process. The parent sends the job; the worker reports progress and ends with an exit code.
import { useBackend } from '@rectified-flow/backends'
import type { Job, Progress, Report } from './job.js'
import { makePairs } from './make-pairs.js'
import { measure } from './measure.js'
import { drawPictures } from './pictures.js'
import { train } from './train.js'

const REPORT_EVERY_MS = 100

function reporter(): Progress {
  let last = 0
  return (done, total) => {
    if (last > 0 && done < total && Date.now() - last < REPORT_EVERY_MS) return
    last = Date.now()
    process.send?.({ done, total } satisfies Report)
  }
}

async function run(job: Job): Promise<void> {
  // One thread, because each core has a job of its own.
  await useBackend(job.settings.backend as Parameters<typeof useBackend>[0], { threads: 1 })
  if (job.kind === 'pairs') return makePairs(job, reporter())
  if (job.kind === 'train') return train(job, reporter())
  if (job.kind === 'measure') return measure(job, reporter())
  return drawPictures(job, reporter())
}

process.once('message', (job: Job) => {
  run(job).then(
    () => process.exit(0),
    (error: Error) => {
      const text = (process.env.DEBUG ? error.stack : undefined) ?? error.message
      process.send?.({ error: text } satisfies Report, undefined, undefined, () => process.exit(1))
    },
  )
})
