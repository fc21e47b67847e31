import type { Tuning } from '@rectified-flow/backends'
import { short, table } from '../markdown-table.js'
import type { Entry } from './job.js'
import { fastest, type NetworkEntry, type NetworkWork } from './network-entry.js'

/** How many convolutions each variant won. */
export function tuningLines(entries: readonly Entry[]): string[] {
  const won = new Map<string, number>()
  for (const { tuning } of entries)
    for (const variant of Object.values((tuning as Tuning | undefined)?.variants ?? {}))
      won.set(variant, (won.get(variant) ?? 0) + 1)
  const winners = [...won].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name}: ${count}`)
  return winners.length > 0 ? [`Fastest variants of the convolutions: ${winners.join('; ')}.`, ''] : []
}

type Column = Pick<NetworkWork, 'by' | 'precision' | 'mode'>

/** A row for each work, and a column for each way to do it that was measured. */
export function networkTable(networks: readonly NetworkEntry[]): string[] {
  const distinct = <T>(values: readonly T[]) => [
    ...new Map(values.map(value => [JSON.stringify(value), value])).values(),
  ]
  const columns = distinct(networks.map(({ by, precision, mode }): Column => ({ by, precision, mode })))
  const rows = distinct(networks.map(({ network, what, batch }) => ({ network, what, batch })))
  return table(
    ['', 'batch', ...columns.map(({ by, precision, mode }) => `${by}, ${precision}, ${mode}`)],
    rows.map(work => [
      `${work.network}: ${work.what}`,
      work.batch,
      ...columns.map(column => {
        const entry = fastest(networks, { ...work, ...column })
        const memory = entry?.buffersMiB ? `, ${entry.buffersMiB} MiB` : ''
        return entry ? `${short(entry.ms)}${memory}` : ''
      }),
    ]),
  )
}
