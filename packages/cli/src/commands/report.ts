import { join } from 'node:path'
import type { Command } from 'commander'
import { checkOutput } from '../check-output.js'
import { reportHtml } from '../report/report-html.js'
import { writeOutput } from '../write-output.js'

/** `rectified-flow report RUN`: one page that shows a training run. */
export function fillReport(command: Command): Command {
  return command
    .argument('<run>', 'the folder of `train`')
    .option('-o, --out <file.html>', 'the page (default: report.html in the run)')
    .action(async (run: string, { out = join(run, 'report.html') }: { out?: string }) => {
      await checkOutput('--out', out, 'file')
      await writeOutput(out, await reportHtml(run))
      console.log(`the run's report is ${out}`)
    })
}
