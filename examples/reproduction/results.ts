import { CLAIMS, judge } from './claims.js'
import { type Measures, readMeasures } from './make-row.js'
import { MINIATURES } from './miniatures.js'
import { CANDIDATES, type RowName, TITLES } from './rows.js'
import type { Run } from './run.js'
import type { Settings } from './settings.js'
import { estimate } from './statistics.js'

/** Measures of the rows that all seeds have finished, one entry per seed. */
export type Results = Map<RowName, Measures[]>

export async function collectResults(runs: readonly Run[]): Promise<Results> {
  const results: Results = new Map()
  for (const row of [...runs[0]!.miniature.rows, ...CANDIDATES]) {
    const found = await Promise.all(runs.map(run => readMeasures(row, run)))
    const whole = found.filter(measures => measures !== null)
    if (whole.length === runs.length) results.set(row, whole)
  }
  return results
}

const PAPER: Partial<Record<RowName, string>> = {
  A: '12.21',
  B: '7.14',
  C: '5.17',
  D: '5.24',
  E: '3.42',
  F: '3.38, 2.76',
  G: '3.07, 2.40',
}

/** Table, claims and settings as Markdown: the part of the results page that is made from the numbers. */
export function resultsMarkdown(results: Results, settings: Settings): string {
  const unmade = MINIATURES[settings.miniature]!.rows.filter(row => !results.has(row))
  return [
    markdownTable(distanceRows(results, settings.pairSteps)),
    `Mean ± standard error over ${settings.seeds} seeds.${unmade.length > 0 ? ` Not made yet: ${unmade.join(', ')}.` : ''}`,
    markdownTable(claimRows(results)),
    `Settings: \`${JSON.stringify(settings)}\``,
  ].join('\n\n')
}

function distanceRows(results: Results, pairSteps: number): string[][] {
  const hasAttributes = [...results.values()].some(seeds => seeds[0]?.attributes)
  const header = [
    'row',
    'trained with',
    '1 call',
    '2 calls',
    `${pairSteps} calls`,
    'straightness',
    ...(hasAttributes ? ['shows its class, 1 call', '2 calls', 'attributes off, 1 call', '2 calls'] : []),
    "paper's FID",
  ]
  const rows = [...results].map(([row, seeds]) => {
    const at = (nfe: number) =>
      seeds.every(({ frechet }) => nfe in frechet)
        ? withError(
            seeds.map(({ frechet }) => frechet[nfe]!),
            1,
          )
        : ''
    const bend = withError(
      seeds.map(({ straightness }) => straightness),
      4,
    )
    return [row, TITLES[row], at(1), at(2), at(pairSteps), bend, ...shown(seeds), PAPER[row] ?? '']
  })
  return [header, ...rows]
}

/** Of faces, in percent: the share that shows its class, and how far the frequencies of attributes are from the true ones. */
function shown(seeds: readonly Measures[]): string[] {
  return (['agreement', 'joint'] as const).flatMap(name =>
    [1, 2].flatMap(nfe => {
      const values = seeds.flatMap(({ attributes }) => (attributes ? [100 * attributes[nfe]![name]] : []))
      return values.length > 0 ? [`${withError(values, 1)} %`] : []
    }),
  )
}

function claimRows(results: Results): string[][] {
  const header = ['claim', 'rows', 'calls', 'difference', 'verdict here', 'in the paper']
  const rows = CLAIMS.flatMap(({ text, better, worse, paper }) =>
    [1, 2].flatMap(nfe => {
      const [a, b] = [better, worse].map(row => results.get(row)?.map(({ frechet }) => frechet[nfe]!))
      if (!a || !b) return []
      const { mean, error, verdict } = judge(a, b)
      const theirs = paper && nfe === 1 ? signed(paper[0] - paper[1], 2) : ''
      return [
        [
          text,
          `${better} - ${worse}`,
          String(nfe),
          `${signed(mean, 1)} ± ${error.toFixed(1)}`,
          verdict,
          theirs,
        ],
      ]
    }),
  )
  return [header, ...rows]
}

function withError(values: readonly number[], digits: number): string {
  const { mean, error } = estimate(values)
  return `${mean.toFixed(digits)} ± ${error.toFixed(digits)}`
}

const signed = (value: number, digits: number) => `${value < 0 ? '' : '+'}${value.toFixed(digits)}`

function markdownTable(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map(row => row[column]!.length)))
  const line = (row: string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  const rule = `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join('\n')
}
