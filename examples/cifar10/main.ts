// The whole procedure of "Improving the Training of Rectified Flows" (arXiv 2405.20320) on CIFAR-10, stage by stage: a
// teacher, its pairs, 2-rectified flows trained on them, samples, distances. Each stage is commands of `rectified-flow`,
// which are shown; what is done is not done again, and what was killed goes on.
//
//   pnpm --filter @rectified-flow/example-cifar10 start                 the small setting, all stages: under an hour on two cores
//   pnpm --filter @rectified-flow/example-cifar10 small:teacher         one stage: data, teacher, pairs, train, sample, fid
//   pnpm --filter @rectified-flow/example-cifar10 full:train F          the paper's setting (data, pairs, train, sample, fid), config A to G

import { existsSync, mkdirSync } from 'node:fs'
import { symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { table, writePicture } from './results.js'
import { runStages } from './run-stages.js'
import { fullStages, smallStages } from './stages.js'

const SMALL = { configs: 'small', data: 'runs/cifar-10', out: 'runs/small', pairs: 2048, samples: 2048 }

process.chdir(import.meta.dirname)
const [setting, only, ...configs] = process.argv.slice(2)
if (setting === 'small' && process.env.CIFAR10_DIR && !existsSync(SMALL.data)) {
  mkdirSync('runs', { recursive: true })
  await symlink(resolve(process.env.CIFAR10_DIR), SMALL.data, 'junction')
}
const stages = setting === 'small' ? smallStages(SMALL) : fullStages(configs.length > 0 ? configs : undefined)
const chosen = stages.filter(({ name }) => only === undefined || name === only)
if (chosen.length === 0)
  throw new RangeError(
    `the stage must be one of ${stages.map(({ name }) => name).join(', ')}, got '${only}'.`,
  )
await runStages(chosen, { backend: process.env.BACKEND, log: console.log })
if (setting === 'small' && chosen.some(({ name }) => name === 'fid')) {
  const picture = join(SMALL.out, 'samples.png')
  await writePicture(SMALL.out, picture)
  console.log(`\n${await table(SMALL.out)}\n\n${picture}`)
}
