// The whole procedure of "Improving the Training of Rectified Flows" (arXiv 2405.20320) on CIFAR-10, stage by stage: a
// teacher, its pairs, 2-rectified flows trained on them, samples, distances. Each stage runs commands of `rectified-flow`
// and prints them. Finished work is not done again, and a command that was killed goes on where it was.
//
//   pnpm --filter @rectified-flow/example-cifar10 start           the small setting, all of it: under an hour on two cores
//   pnpm --filter @rectified-flow/example-cifar10 small:teacher   one stage: data, teacher, pairs, train, sample or fid
//   pnpm --filter @rectified-flow/example-cifar10 full:train F    a stage of the paper's setting, configurations A to G
import { join } from 'node:path'
import { table, writePicture } from './results.js'
import { runStages } from './run-stages.js'
import { fullStages, smallStages } from './stages.js'

async function main([setting, only, ...configs]: string[]): Promise<void> {
  const data = { data: 'runs/cifar-10', given: process.env.CIFAR10_DIR }
  const out = 'runs/small'
  const stages =
    setting === 'small'
      ? smallStages({ ...data, out, configs: 'small', pairs: 2048, samples: 2048 })
      : fullStages({ ...data, ...(configs.length > 0 && { configs }) })
  const names = stages.map(({ name }) => name)
  if (only !== undefined && !names.includes(only))
    throw new RangeError(`the stage must be one of ${names.join(', ')}, got '${only}'.`)
  const chosen = stages.filter(({ name }) => only === undefined || name === only)
  await runStages(chosen, { backend: process.env.BACKEND, log: console.log })
  if (setting !== 'small' || !chosen.some(({ name }) => name === 'fid')) return
  await writePicture(out, join(out, 'samples.png'))
  console.log(`\n${await table(out)}\n\n${join(out, 'samples.png')}`)
}

process.chdir(import.meta.dirname)
await main(process.argv.slice(2)).catch(error => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode ||= 1
})
