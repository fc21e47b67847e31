/** A line of a table in Markdown. */
export const row = (cells: readonly unknown[]) => `| ${cells.join(' | ')} |`
/** A table in Markdown; if it has no rows, a sentence. */
export const table = (head: readonly string[], rows: readonly (readonly unknown[])[]) =>
  rows.length === 0 ? ['Nothing was measured.'] : [row(head), row(head.map(() => '---')), ...rows.map(row)]

/** A number with three digits, or all digits of its integer part. */
export const short = (value: unknown): string =>
  typeof value !== 'number' ? '' : Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)
