import { generatePairs, sample } from '@rectified-flow/reflow'
import { edmVelocity } from '@rectified-flow/unet'
import type { JobOf, Progress } from './job.js'
import { pairStore, readModel } from './run-files.js'

/** Make one shard of pairs: noise, and the digits that the teacher draws from it in many steps. */
export async function makePairs(job: JobOf<'pairs'>, progress: Progress) {
  const field = edmVelocity(await readModel(job, 'teacher'))
  const steps = job.settings.teacherSteps
  await generatePairs(await pairStore(job), z => sample(field, z, { steps }).x, {
    shards: [job.shard],
    batch: 64,
    onProgress: progress,
  })
}
