import { mkdir } from 'node:fs/promises'
import { writePairShard } from '@rectified-flow/datasets/node'
import { generatePairs } from '@rectified-flow/reflow'
import { edmVelocity } from '@rectified-flow/unet'
import type { JobOf, Progress } from './job.js'
import { pairsFolder, readModel, SHAPE } from './run-files.js'

/** One shard of pairs: noise, and what the teacher makes of it in many steps. */
export async function makePairs(job: JobOf<'pairs'>, progress: Progress) {
  const { seed, first } = job
  const { shard, pairs, teacherSteps } = job.settings
  const net = await readModel(job, 'teacher')
  const count = Math.min(shard, pairs - first)
  progress(0, count)
  const images = await generatePairs(edmVelocity(net), {
    seed,
    first,
    count,
    shape: SHAPE,
    steps: teacherSteps,
    batch: 64,
    onBatch: progress,
  })
  const [height, width, channels] = SHAPE
  await mkdir(pairsFolder(job), { recursive: true })
  await writePairShard(pairsFolder(job), { images, height, width, channels, seed, first })
}
