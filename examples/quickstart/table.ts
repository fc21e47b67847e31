import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ModelName, modelTitle, type Run } from './job.js'
import type { Measures } from './measure.js'
import { modelFolder } from './run-files.js'
import type { Settings } from './settings.js'

/** The content of metrics.json: all measurements, the same for every run with these settings. */
export interface Metrics {
  settings: Settings
  metric: 'Fréchet distance (face features) to faces that the teacher has not seen'
  models: Record<ModelName, Measures[]>
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T
}

export const measuresFile = (run: Run, model: ModelName) => join(modelFolder(run, model), 'measures.json')

/** Collect the files of the measuring jobs: one entry per seed for each model. */
export async function collectMetrics(runs: readonly Run[]): Promise<Metrics> {
  const { settings } = runs[0]!
  const models: Metrics['models'] = {}
  for (const model of ['teacher', 'B', ...settings.recipes])
    models[model] = await Promise.all(runs.map(run => readJson<Measures>(measuresFile(run, model))))

  return {
    settings,
    metric: 'Fréchet distance (face features) to faces that the teacher has not seen',
    models,
  }
}

/** "12.3", or "12.3 ± 0.4" (standard deviation) over seeds. */
function spread(values: number[], digits: number, unit = ''): string {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  if (values.length === 1) return mean.toFixed(digits) + unit
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1)
  return `${mean.toFixed(digits)} ± ${Math.sqrt(variance).toFixed(digits)}${unit}`
}

/** The table of a run, as Markdown; an arrow says that less is better. */
export function table({ models }: Metrics): string {
  const rows = [['model', 'network calls', 'Fréchet distance ↓', 'shows its class ↑', 'straightness ↓']]
  for (const [model, found] of Object.entries(models)) {
    for (const nfe of Object.keys(found[0]!.frechet).map(Number)) {
      rows.push([
        modelTitle(model),
        String(nfe),
        spread(
          found.map(({ frechet }) => frechet[nfe]!),
          0,
        ),
        spread(
          found.map(({ shown }) => 100 * shown[nfe]!),
          1,
          ' %',
        ),
        spread(
          found.map(measures => measures.straightness),
          3,
        ),
      ])
    }
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  const line = (row: string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  const rule = `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join('\n')
}
