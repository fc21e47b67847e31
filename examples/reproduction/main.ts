// The paper's configurations A to G (arXiv 2405.20320, table 1) and a second round of Reflow, in miniature: real digits, a
// network of 187,729 weights, three seeds. docs/reproduction.md has the results and compares them with the paper's claims.
//
//   pnpm --filter @rectified-flow/example-reproduction start C       (a row: teacher, A to G, C2, R2)
//   pnpm --filter @rectified-flow/example-reproduction start table   (the page and its picture, from the finished rows)
//
// About an hour for all rows on two cores, two at a time; C reaches 36.4 ± 0.6 in one step. A row first makes the rows that
// it needs (G trains F first). Killed and started again, it goes on where it was.
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { useBackend } from '@rectified-flow/backends'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { makeRow } from './make-row.js'
import { drawRows } from './picture.js'
import { collectResults, resultsMarkdown } from './results.js'
import { ROWS, type RowName } from './rows.js'
import type { Run } from './run.js'
import { FULL, type Settings, SMOKE } from './settings.js'

const root = resolve(import.meta.dirname, '../..')

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      backend: { type: 'string', default: 'node' },
      out: { type: 'string' },
      smoke: { type: 'boolean', default: false },
    },
  })
  const [what, ...more] = positionals
  if (more.length > 0 || (what !== 'table' && !ROWS.includes(what as RowName)))
    throw new RangeError(
      `reproduction: the argument must be one of ${ROWS.join(', ')}, table, got '${positionals.join(' ')}'.`,
    )
  const out = resolve(root, values.out ?? (values.smoke ? 'runs/reproduction-smoke' : 'runs/reproduction'))
  // One thread: two rows at a time on one core each are faster than one row on two, and rounding doesn't depend on cores.
  process.env.TF_NUM_INTRAOP_THREADS ??= '1'
  const { name: backend } = await useBackend(values.backend as Parameters<typeof useBackend>[0])
  const settings: Settings = { backend, ...(values.smoke ? SMOKE : FULL) }
  await claim(out, settings)
  const runs = Array.from({ length: settings.seeds }, (_, seed): Run => ({ out, seed, settings, log: console.log })) // biome-ignore format: one line
  if (what !== 'table') {
    for (const run of runs) await makeRow(what as RowName, run)
    return
  }
  const results = await collectResults(runs)
  const markdown = resultsMarkdown(results, settings)
  const docs = values.smoke ? out : join(root, 'docs')
  await writeFileWhole(join(docs, 'reproduction.png'), await drawRows([...results.keys()], runs[0]!))
  await fillPage(join(docs, 'reproduction.md'), markdown)
  console.log(markdown)
}

/** Make the run folder. If it exists with the same settings, the run goes on; with other settings, throw. */
async function claim(out: string, settings: Settings): Promise<void> {
  const file = join(out, 'settings.json')
  const text = `${JSON.stringify(settings, null, 2)}\n`
  await mkdir(out, { recursive: true })
  if (!existsSync(file)) await writeFileWhole(file, text)
  if ((await readFile(file, 'utf8')) !== text)
    throw new RangeError(
      `reproduction: --out must be a new folder or hold a run with these settings, got ${out}, which holds another run.`,
    )
}

/** Put the results between the page's marks. The text around them is written by hand and stays. */
async function fillPage(path: string, results: string): Promise<void> {
  const [start, end] = ['<!-- results -->', '<!-- /results -->']
  const page = existsSync(path) ? await readFile(path, 'utf8') : `${start}${end}\n`
  const [before, rest] = page.split(start)
  const after = rest?.split(end)[1]
  if (after === undefined)
    throw new RangeError(`reproduction: ${path} must have the marks ${start} and ${end}, got none.`)
  await writeFileWhole(path, `${before}${start}\n\n${results}\n\n${end}${after}`)
}

main().then(
  () => process.exit(0),
  error => {
    console.error(process.env.DEBUG ? error : error.message)
    process.exit(1)
  },
)
