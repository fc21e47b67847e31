import type { Report } from '../report.js'
import { type Goal, goalsOf } from './goals.js'
import type { Entry, Outcome } from './job.js'
import { isNetworkEntry, type NetworkEntry } from './network-entry.js'

/** What a run gave, in one file: summary.json. */
export interface Summary {
  machine: Report['machine']
  /** The name of the adapter. */
  device: string
  /** Tiny sizes on a CPU: the times say nothing. */
  software: boolean
  jobs: { part: string; job: string; ended: string; seconds: number }[]
  goals: Goal[]
  networks: NetworkEntry[]
  /** All other entries, by part. */
  entries: Record<string, Entry[]>
}

/** Sum up what there is; of an unfinished run, too. */
export function summaryOf({
  files,
  ...given
}: Pick<Summary, 'machine' | 'software'> & { files: ReadonlyMap<string, readonly Outcome[]> }): Summary {
  const entriesOf = (outcomes: readonly Outcome[]) => outcomes.flatMap(({ entries }) => entries)
  const all = [...files.values()].flatMap(entriesOf)
  const networks = all.filter(isNetworkEntry) as unknown as NetworkEntry[]
  const info = all.find(({ what }) => what === 'adapter')?.info as GPUAdapterInfo | undefined
  return {
    ...given,
    device: info?.device || info?.description || info?.vendor || 'unknown',
    jobs: [...files].flatMap(([part, outcomes]) =>
      outcomes.map(({ job, ended, seconds }) => ({ part, job, ended, seconds })),
    ),
    goals: goalsOf(networks),
    networks,
    entries: Object.fromEntries(
      [...files].map(([part, outcomes]) => [
        part,
        entriesOf(outcomes).filter(entry => !isNetworkEntry(entry)),
      ]),
    ),
  }
}
