// Does the jobs that the parent sends, one at a time; reports their progress and their end; and ends with the parent.
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
    send({ done, total })
  }
}

async function run(job: Job): Promise<void> {
  // One thread, because each core has a worker of its own.
  await useBackend(job.settings.backend as Parameters<typeof useBackend>[0], { threads: 1 })
  if (job.kind === 'pairs') return makePairs(job, reporter())
  if (job.kind === 'train') return train(job, reporter())
  if (job.kind === 'measure') return measure(job, reporter())
  return drawPictures(job, reporter())
}

const send = (report: Report) => process.send?.(report)

process.on('disconnect', () => process.exit())
process.on('message', (job: Job) => {
  run(job).then(
    () => send({ ended: true }),
    (error: Error) => send({ error: (process.env.DEBUG ? error.stack : undefined) ?? error.message }),
  )
})
