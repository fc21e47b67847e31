// Accuracy and distance against the strength of guidance, for images by class: a teacher guided by itself without labels
// (classifier-free guidance), and by a smaller, less trained network with the same labels (autoguidance). The tables are those of
// docs/recipes/classes.md.
//
//   pnpm --filter @rectified-flow/example-guidance start digits              (14x14; each seed trains its own teacher)
//   pnpm --filter @rectified-flow/example-guidance start faces --seeds 0     (16x16 in colour; the shipped teacher)
//
// With tfjs-node on one idle core: 12 minutes a seed of digits, 20 of faces. Killed and started again, it goes on where it was.
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { useBackend } from '@rectified-flow/backends'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { judgeOf, type Measured, measure } from './measure.js'
import { guideOf, type Run, teacherOf } from './networks.js'
import { ROWS } from './rows.js'
import { SMOKE } from './settings.js'
import { SUBJECTS } from './subjects.js'
import { table } from './table.js'

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      backend: { type: 'string', default: 'node' },
      out: { type: 'string' },
      seeds: { type: 'string', default: '0,1,2' },
      smoke: { type: 'boolean', default: false },
    },
  })
  const name = positionals.join(' ')
  const subject = SUBJECTS[name]
  if (!subject)
    throw new RangeError(
      `guidance: the argument must be one of ${Object.keys(SUBJECTS).join(', ')}, got '${name}'.`,
    )
  process.env.TF_NUM_INTRAOP_THREADS ??= '1' // one thread: rounding then doesn't depend on the number of cores
  const { name: backend } = await useBackend(values.backend as Parameters<typeof useBackend>[0])
  const settings = { backend, ...(values.smoke ? SMOKE : subject.sizes) }
  const out = resolve(
    import.meta.dirname,
    '../..',
    values.out ?? `runs/guidance-${name}${values.smoke ? '-smoke' : ''}`,
  )
  const rows = new Map<string, Measured[]>()
  for (const seed of values.seeds.split(',').map(Number)) {
    const folder = join(out, `seed-${seed}`)
    const found = await measureSeed({ folder, seed, subject, settings, log: console.log })
    for (const [row, measured] of found) rows.set(row, [...(rows.get(row) ?? []), measured])
  }
  console.log(table(rows))
}

/** The rows of one seed: what is measured already is read. */
async function measureSeed(run: Run): Promise<Map<string, Measured>> {
  await mkdir(run.folder, { recursive: true })
  const file = join(run.folder, 'measured.json')
  const known = existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : {}
  const found = new Map<string, Measured>(Object.entries(known))
  if (Object.keys(ROWS).every(row => found.has(row))) return found
  const nets = { teacher: await teacherOf(run), guide: await guideOf(run) }
  const judge = await judgeOf(run)
  for (const [title, row] of Object.entries(ROWS)) {
    if (found.has(title)) continue
    const measured = await measure(row, nets, judge, run)
    found.set(title, measured)
    await writeFileWhole(file, `${JSON.stringify(Object.fromEntries(found), null, 2)}\n`)
    run.log(
      `seed ${run.seed}, ${title}: ${measured.frechet.toFixed(1)}, ${(100 * measured.shown).toFixed(1)} %`,
    )
  }
  return new Map(Object.keys(ROWS).map(row => [row, found.get(row)!]))
}

main().then(
  () => process.exit(0),
  error => {
    console.error(process.env.DEBUG ? error : error.message)
    process.exit(1)
  },
)
