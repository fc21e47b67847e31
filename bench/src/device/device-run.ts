import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Tuning } from '@rectified-flow/backends'
import { machine } from '../machine.js'
import type { Entry, Outcome } from './job.js'
import { parts, WHOLE_SECONDS } from './parts.js'
import type { RunningJob } from './run-here.js'
import { runJob } from './run-job.js'
import { summaryOf } from './summary.js'
import { markdown } from './summary-markdown.js'
import { writeWhole } from './write-whole.js'

export interface DeviceRunOptions {
  /** The folder of the results. */
  out: string
  /** The whole run takes at most this long. */
  minutes: number
  software: boolean
  python: string
  /** Parts of the names of parts; undefined: all. */
  only?: readonly string[]
}

/**
 * Run all jobs, one after the other, each in its own process. A part's file is written again after each entry, so that
 * whatever happens leaves what was measured before.
 *
 * @returns  whether all jobs that this machine can run ended as they should
 */
export async function deviceRun({ out, minutes, only, ...rest }: DeviceRunOptions): Promise<boolean> {
  const chosen = parts.filter(({ name }) => !only || only.some(one => name.includes(one)))
  if (chosen.length === 0)
    throw new RangeError(`bench.device: --parts must be in the names of parts, got ${only}.`)
  mkdirSync(out, { recursive: true })
  const scale = (minutes * 60) / WHOLE_SECONDS
  const files = new Map<string, Outcome[]>()
  let spare = 0
  let tuning: Tuning | undefined
  for (const { name, jobs } of chosen) {
    const outcomes: Outcome[] = []
    files.set(name, outcomes)
    const write = (latest: readonly Outcome[]) => writeWhole(join(out, `${name}.json`), latest)
    for (const planned of jobs.filter(({ dry }) => dry !== false || !rest.software)) {
      const seconds = planned.seconds * scale + spare
      const outcome = await runJob(planned.name, {
        ...commandOf({ ...rest, tuning, part: name, job: planned.name, seconds }),
        seconds,
        onEntry: running => write([...outcomes, running]),
      })
      spare = seconds - outcome.seconds
      tuning = withEntries(tuning, outcome.entries)
      outcomes.push(outcome)
      write(outcomes)
      console.error(`${name}, ${outcome.job}: ${outcome.ended}, ${outcome.seconds} s`)
      finish(out, rest.software, files)
    }
  }
  console.log(finish(out, rest.software, files))
  return [...files.values()].flat().every(({ ended }) => ended === 'done' || ended.startsWith('left out'))
}

/** A tuning, and what a job found besides. */
function withEntries(tuning: Tuning | undefined, entries: readonly Entry[]): Tuning | undefined {
  return entries.reduce<Tuning | undefined>((known, { tuning: found }) => {
    if (!found) return known
    const { device, variants } = found as Tuning
    return { device, variants: { ...known?.variants, ...variants } }
  }, tuning)
}

function commandOf(job: RunningJob): { command: string; args: string[] } {
  return {
    command: process.execPath,
    args: [...process.execArgv, process.argv[1]!, '--job', JSON.stringify(job)],
  }
}

/** Write both summaries of what there is. */
function finish(out: string, software: boolean, files: ReadonlyMap<string, Outcome[]>): string {
  const summary = summaryOf({ machine: machine(), software, files })
  const text = markdown(summary)
  writeWhole(join(out, 'summary.json'), summary)
  writeWhole(join(out, 'summary.md'), text)
  return text
}
