import type { Distances } from './measure-row.js'
import { ROWS } from './rows.js'

/** A Markdown table: the mean distance of each row and its standard error over the seeds. */
export function table(results: ReadonlyMap<string, readonly Distances[]>): string {
  const lines = [...results].map(([row, seeds]) => {
    const cells = [1, 2].map(nfe => meanAndError(seeds.map(distances => distances[nfe]!)))
    return `| ${[row, ROWS[row]!.title, ...cells, seeds.length].join(' | ')} |`
  })
  return ['| row | how | 1 call | 2 calls | seeds |', '| --- | --- | --- | --- | --- |', ...lines].join('\n')
}

function meanAndError(values: readonly number[]): string {
  const { length } = values
  const mean = values.reduce((sum, value) => sum + value, 0) / length
  if (length === 1) return mean.toFixed(1)
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (length - 1)
  return `${mean.toFixed(1)} ± ${Math.sqrt(variance / length).toFixed(1)}`
}
