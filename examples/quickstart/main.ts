// Straighten a flow of faces, and draw faces in one step: a teacher (1-rectified flow) makes pairs of noise and face; a plain
// 2-rectified flow and a 2-rectified flow++ are trained on them; a table and two pictures compare all three.
//
//   npm run quickstart                 (npm run quickstart -- --help for more)
//
// Under five minutes on two CPU cores. Killed and started again, it goes on where it was.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { useBackend } from '@rectified-flow/backends'
import { type Job, modelTitle, type Run } from './job.js'
import { Workers } from './processes.js'
import { watcher } from './progress.js'
import { claim, modelFile, pairStore, writeWhole } from './run-files.js'
import { readArguments, type Settings } from './settings.js'
import { collectMetrics, measuresFile, table } from './table.js'

const root = resolve(import.meta.dirname, '../..')

async function main(): Promise<void> {
  const given = readArguments()
  if (!given) return
  const out = resolve(root, given.out)
  const teacher = resolve(root, given.teacher)
  const choice = await useBackend((given.settings.backend || undefined) as Parameters<typeof useBackend>[0])
  const settings: Settings = { ...given.settings, backend: choice.name, teacher: await hashOf(teacher) }
  const goesOn = await claim(out, settings)
  // A worker computes on one core, which is the fastest for networks as small as these; on GPUs there is one worker.
  const onCores = ['wasm', 'node', 'cpu'].includes(settings.backend)
  const workers = new Workers(onCores ? Math.min(availableParallelism(), 8) : 1)
  const what = goesOn ? 'continues the run in' : 'in'
  console.log(`backend ${settings.backend}, ${workers.count} at a time, ${what} ${given.out}`)

  const runs = Array.from({ length: settings.seeds }, (_, seed): Run => ({ out, teacher, seed, settings }))
  for (const [unit, jobs] of await phases(runs)) {
    const watch = watcher(unit)
    const open = jobs.filter(job => !existsSync(job.file))
    await workers.run(open, watch).finally(() => watch.stop())
  }
  const metrics = await collectMetrics(runs)
  await writeWhole(join(out, 'metrics.json'), `${JSON.stringify(metrics, null, 2)}\n`)
  console.log(`\n${table(metrics)}\n`)
  for (const name of ['samples.png', 'trajectories.png', 'metrics.json']) console.log(join(given.out, name))
}

/** All jobs, in phases that run one after another; the jobs of one phase don't depend on each other. */
async function phases(runs: Run[]): Promise<[unit: string, jobs: Job[]][]> {
  const { out, settings } = runs[0]!
  const models = ['B', ...settings.recipes]
  const tag = ({ seed }: Run) => (settings.seeds > 1 ? `, seed ${seed}` : '')
  const pairs: Job[] = []
  for (const run of runs) {
    const store = await pairStore(run)
    for (const shard of await store.missing()) {
      const title = `pairs from ${store.range(shard).first}${tag(run)}`
      pairs.push({ ...run, kind: 'pairs', title, shard, file: store.path(shard) })
    }
  }
  const training = runs.flatMap(run =>
    models.map((model): Job => {
      const title = `train ${modelTitle(model)}${tag(run)}`
      return { ...run, kind: 'train', title, model, file: modelFile(run, model) }
    }),
  )
  const measuring = runs.flatMap(run =>
    ['teacher', ...models].map((model): Job => {
      const title = `measure ${modelTitle(model)}${tag(run)}`
      return { ...run, kind: 'measure', title, model, file: measuresFile(run, model) }
    }),
  )
  const pictures: Job = {
    ...runs[0]!,
    kind: 'pictures',
    title: 'pictures',
    file: join(out, 'samples.png'),
  }
  return [
    ['pairs', pairs],
    ['steps', training],
    ['samples', measuring],
    ['pictures', [pictures]],
  ]
}

async function hashOf(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`quickstart: --teacher must be a file that can be read, got ${path} (${cause.code}).`, {
      cause,
    })
  })
  return createHash('sha256').update(bytes).digest('hex')
}

main().then(
  () => process.exit(0),
  error => {
    console.error(process.env.DEBUG ? error : error.message)
    process.exit(1)
  },
)
