import { generatePairs, sample } from '@rectified-flow/reflow'
import { edmVelocity } from '@rectified-flow/unet'
import { classesOf } from './faces.js'
import type { JobOf, Progress } from './job.js'
import { pairStore, readModel } from './run-files.js'

/** Make one shard of pairs: noise, a class, and the face that the teacher draws from both in many steps. */
export async function makePairs(job: JobOf<'pairs'>, progress: Progress) {
  const teacher = await readModel(job, 'teacher')
  const classes = await classesOf('train', job.settings.pairs)
  const steps = job.settings.teacherSteps
  const store = await pairStore(job)
  await generatePairs(
    store,
    (z, classLabels) => sample(edmVelocity(teacher, { classLabels }), z, { steps }).x,
    {
      labels: index => classes[index]!,
      shards: [job.shard],
      batch: 64,
      onProgress: progress,
    },
  )
  await store.close()
  teacher.dispose()
}
