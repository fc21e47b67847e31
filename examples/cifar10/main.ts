// The whole procedure of "Improving the Training of Rectified Flows" (arXiv 2405.20320) on CIFAR-10, stage by stage: a
// teacher, its pairs, 2-rectified flows trained on them, samples, distances. Each stage is commands of `rectified-flow`,
// which are shown; what is done is not done again, and what was killed goes on.
//
//   pnpm --filter @rectified-flow/example-cifar10 start           the small setting, all of it: under an hour on two cores
//   pnpm --filter @rectified-flow/example-cifar10 small:teacher   a stage of it: data, teacher, pairs, train, sample, fid
//   pnpm --filter @rectified-flow/example-cifar10 full:train F    a stage of the paper's setting, configurations A to G
import { join } from 'node:path'
import { table, writePicture } from './results.js'
import { runStages } from './run-stages.js'
import { fullStages, smallStages } from './stages.js'

process.chdir(import.meta.dirname)
const data = { data: 'runs/cifar-10', given: process.env.CIFAR10_DIR }
const [setting, only, ...configs] = process.argv.slice(2)
const out = 'runs/small'
const stages =
  setting === 'small'
    ? smallStages({ ...data, out, configs: 'small', pairs: 2048, samples: 2048 })
    : fullStages({ ...data, ...(configs.length > 0 && { configs }) })
const chosen = stages.filter(({ name }) => only === undefined || name === only)
if (chosen.length === 0)
  throw new RangeError(
    `the stage must be one of ${stages.map(({ name }) => name).join(', ')}, got '${only}'.`,
  )
await runStages(chosen, { backend: process.env.BACKEND, log: console.log })

if (setting === 'small' && chosen.some(({ name }) => name === 'fid')) {
  await writePicture(out, join(out, 'samples.png'))
  console.log(`\n${await table(out)}\n\n${join(out, 'samples.png')}`)
}
