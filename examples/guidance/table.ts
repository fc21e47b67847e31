import type { Measured } from './measure.js'

/** A Markdown table: of each row the mean over the seeds, and its standard error if there are several. */
export function table(rows: ReadonlyMap<string, readonly Measured[]>): string {
  const lines = [...rows].map(([name, seeds]) => {
    const frechet = meanAndError(
      seeds.map(({ frechet }) => frechet),
      1,
    )
    const shown = meanAndError(
      seeds.map(({ shown }) => 100 * shown),
      1,
    )
    return `| ${[name, frechet, `${shown} %`, seeds.length].join(' | ')} |`
  })
  return [
    '| guided by, scale | Fréchet distance ↓ | shows its class ↑ | seeds |',
    '| --- | --- | --- | --- |',
    ...lines,
  ].join('\n')
}

function meanAndError(values: readonly number[], digits: number): string {
  const { length } = values
  const mean = values.reduce((sum, value) => sum + value, 0) / length
  if (length === 1) return mean.toFixed(digits)
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (length - 1)
  return `${mean.toFixed(digits)} ± ${Math.sqrt(variance / length).toFixed(digits)}`
}
