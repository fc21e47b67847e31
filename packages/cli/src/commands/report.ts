import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { checkOutput } from '../check-output.js'
import { pairsHtml } from '../report/pairs-html.js'
import { reportHtml } from '../report/report-html.js'
import { watchRun } from '../report/watch-run.js'
import { say } from '../warn.js'
import { writeOutput } from '../write-output.js'

/** After how many seconds an open page of a watched run is read again. */
const RELOAD_S = 5

interface Flags {
  out?: string
  watch?: boolean
}

/** `rectified-flow report FOLDER`: one page that shows a training run, or what was measured of a store's pairs. */
export function fillReport(command: Command): Command {
  return command
    .argument('<run>', 'the folder of `train`, or a store of `pairs`')
    .option('-o, --out <file.html>', 'the page (default: report.html in the run)')
    .option('--watch', 'make it again when the run has gone on, until Ctrl-C; an open page reloads itself')
    .action(report)
}

async function report(run: string, { out = join(run, 'report.html'), watch }: Flags): Promise<void> {
  const isStore = existsSync(join(run, 'pairs.json'))
  if (isStore && watch) throw new RangeError(`--watch must be without a store of pairs, got '${run}'.`)
  const html = await (isStore ? pairsHtml(run) : reportHtml(run))
  await checkOutput('--out', out, 'file')
  await writeOutput(out, html)
  console.log(`the ${isStore ? 'store' : 'run'}'s report is ${out}`)
  if (!watch) return
  say('it follows the run until Ctrl-C')
  await watchRun(
    run,
    async () => writeOutput(out, await reportHtml(run, { reloadS: RELOAD_S })),
    interrupted(),
  )
  await writeOutput(out, await reportHtml(run)) // without reloading
}

/** Comes with the first SIGINT or SIGTERM, which then don't end this process. */
function interrupted(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => controller.abort())
  return controller.signal
}
