// The paper's configurations A to G (arXiv 2405.20320, table 1) and a second round of Reflow, in miniature: on digits of 14x14
// pixels, or faces of 16x16 in colour, several seeds, until the rows converge. docs/reproduction.md has the results and compares them
// with the paper's claims.
//
//   pnpm --filter @rectified-flow/example-reproduction start digits C       (a row: teacher, A to G, E-pixels, F2, C2, R2)
//   pnpm --filter @rectified-flow/example-reproduction start faces E        (a row: teacher, B, E, E-pixels)
//   pnpm --filter @rectified-flow/example-reproduction start digits E-heavy --seeds 100   (a candidate, see rows.ts)
//   pnpm --filter @rectified-flow/example-reproduction start digits table   (the page and its pictures, from the finished rows)
//
// Three minutes a row and seed on a core. A row first makes the rows that it needs (G trains F first). Killed and started again, it
// goes on where it was.
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { useBackend } from '@rectified-flow/backends'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { drawCurves } from './curves.js'
import { makeRow } from './make-row.js'
import { MINIATURES } from './miniatures.js'
import { drawRows } from './picture.js'
import { collectResults, resultsMarkdown } from './results.js'
import { CANDIDATES, type RowName } from './rows.js'
import type { Run } from './run.js'
import { type Settings, SMOKE } from './settings.js'

const root = resolve(import.meta.dirname, '../..')

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      backend: { type: 'string', default: 'node' },
      out: { type: 'string' },
      seeds: { type: 'string' },
      smoke: { type: 'boolean', default: false },
    },
  })
  const [which = '', what = '', ...more] = positionals
  const miniature = MINIATURES[which]
  if (!miniature)
    throw new RangeError(
      `reproduction: the first argument must be one of ${Object.keys(MINIATURES).join(', ')}, got '${which}'.`,
    )
  const rows: readonly string[] = [...miniature.rows, ...CANDIDATES]
  if (more.length > 0 || (what !== 'table' && !rows.includes(what)))
    throw new RangeError(
      `reproduction: the second argument must be one of ${rows.join(', ')}, table, got '${[what, ...more].join(' ')}'.`,
    )
  const folder = `runs/reproduction-${values.smoke ? 'smoke-' : ''}${which}`
  const out = resolve(root, values.out ?? folder)
  // One thread: two rows at a time on one core each are faster than one row on two, and rounding doesn't depend on cores.
  process.env.TF_NUM_INTRAOP_THREADS ??= '1'
  const { name: backend } = await useBackend(values.backend as Parameters<typeof useBackend>[0])
  const settings: Settings = { miniature: which, backend, ...(values.smoke ? SMOKE : miniature.sizes) }
  await claim(out, settings)
  const seeds =
    values.seeds?.split(',').map(Number) ?? Array.from({ length: settings.seeds }, (_, seed) => seed)
  const runs = seeds.map((seed): Run => ({ out, seed, miniature, settings, log: console.log }))
  if (what !== 'table') {
    for (const run of runs) await makeRow(what as RowName, run)
    return
  }
  const results = await collectResults(runs)
  const markdown = resultsMarkdown(results, settings)
  const docs = values.smoke ? out : join(root, 'docs')
  await writeFileWhole(join(docs, `reproduction-${which}.png`), await drawRows([...results.keys()], runs[0]!))
  await writeFileWhole(join(docs, `convergence-${which}.png`), drawCurves(results, settings))
  await fillPage(join(docs, 'reproduction.md'), which, markdown)
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
async function fillPage(path: string, which: string, results: string): Promise<void> {
  const [start, end] = [`<!-- ${which} -->`, `<!-- /${which} -->`]
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
