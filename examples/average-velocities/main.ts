// Average velocities in miniature, on digits of 14x14 pixels: MeanFlow from random weights and from a teacher's, Re-MeanFlow and
// SplitMeanFlow on the teacher's pairs, and 2-rectified flow++. All have as many passes through the network for training, and are
// measured in one and two steps.
//
//   pnpm --filter @rectified-flow/example-average-velocities start re-meanflow           (a row, seeds 0 to 2; see rows.ts)
//   pnpm --filter @rectified-flow/example-average-velocities start re-meanflow --seeds 0
//   pnpm --filter @rectified-flow/example-average-velocities start table                 (the finished rows)
//
// Some minutes a row and seed on two cores. Killed and started again, it goes on where it was.
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { useBackend } from '@rectified-flow/backends'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { type Distances, distancesOf } from './measure-row.js'
import { ROWS } from './rows.js'
import { DIGITS, type Run, SMOKE } from './settings.js'
import { table } from './table.js'
import { folderOf, networkOf } from './train-row.js'

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      backend: { type: 'string', default: 'node' },
      out: { type: 'string' },
      passes: { type: 'string' },
      seeds: { type: 'string', default: '0,1,2' },
      smoke: { type: 'boolean', default: false },
    },
  })
  const what = positionals.join(' ')
  const known = [...Object.keys(ROWS), 'table']
  if (!known.includes(what))
    throw new RangeError(
      `average-velocities: the argument must be one of ${known.join(', ')}, got '${what}'.`,
    )
  const { name: backend } = await useBackend(values.backend as Parameters<typeof useBackend>[0])
  const sizes = values.smoke ? SMOKE : DIGITS
  const settings = { backend, ...sizes, ...(values.passes && { passes: Number(values.passes) }) }
  const out = resolve(
    import.meta.dirname,
    '../..',
    values.out ?? `runs/average-velocities-${settings.passes}${values.smoke ? '-smoke' : ''}`,
  )
  const runs = values.seeds
    .split(',')
    .map((seed): Run => ({ out, seed: Number(seed), settings, log: console.log }))
  if (what !== 'table') for (const run of runs) console.log(what, run.seed, await measured(what, run))
  console.log(table(await finished(runs)))
}

/** Train and measure a row, unless that is done. */
async function measured(row: string, run: Run): Promise<Distances> {
  const file = join(folderOf(run, row), 'distances.json')
  if (!existsSync(file)) {
    await mkdir(folderOf(run, row), { recursive: true })
    const distances = await distancesOf(await networkOf(row, run), run)
    await writeFileWhole(file, `${JSON.stringify(distances)}\n`)
  }
  return JSON.parse(await readFile(file, 'utf8')) as Distances
}

/** The measured seeds of each row. */
async function finished(runs: readonly Run[]): Promise<Map<string, Distances[]>> {
  const rows = new Map<string, Distances[]>()
  for (const row of Object.keys(ROWS)) {
    const done = runs.filter(run => existsSync(join(folderOf(run, row), 'distances.json')))
    if (done.length > 0) rows.set(row, await Promise.all(done.map(run => measured(row, run))))
  }
  return rows
}

main().then(
  () => process.exit(0),
  error => {
    console.error(process.env.DEBUG ? error : error.message)
    process.exit(1)
  },
)
