import type { BackendName } from '@rectified-flow/backends'
import { ON_GPU } from './backends.js'
import { row } from './markdown-table.js'
import type { Outcome, Timing } from './measure.js'
import type { BatchMemory } from './memory.js'
import type { Hello } from './protocol.js'

/** The results of a run, as in the JSON file. */
export interface Report {
  machine: { cpu: string; cores: number; memoryGiB: number; platform: string; date: string }
  rounds: number
  quick: boolean
  /** The participants by id; 'wasm stock' is tfjs's backend without the packages' kernels. */
  participants: Record<string, Hello>
  absent: Record<string, string>
  backends: BackendName[]
  cases: { name: string; size: string; images?: number; host?: true; outcomes: Record<string, Outcome> }[]
  memory?: BatchMemory[]
}

const isTiming = (outcome: Outcome | undefined): outcome is Timing =>
  outcome !== undefined && 'rounds' in outcome

export const minimum = ({ rounds }: Timing): number => Math.min(...rounds)

export function median({ rounds }: Timing): number {
  const sorted = [...rounds].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** All failures: outputs that disagreed, and cases that ours or PyTorch did not run. */
export function failures({ cases, memory = [] }: Report): string[] {
  const all = [
    ...cases.map(({ name, outcomes }) => ({ name, outcomes })),
    ...memory.map(({ batch, growth }) => ({ name: `memory, batch ${batch}`, outcomes: growth })),
  ]
  return all.flatMap(({ name, outcomes }) =>
    Object.entries(outcomes).flatMap(([id, outcome]) =>
      'failed' in outcome ? [`${name}, ${id}: ${outcome.failed.slice(0, 300)}`] : [],
    ),
  )
}

/** A number with three digits, or all digits of its integer part. */
const digits = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))

function cell(outcome: Outcome | undefined, images?: number): string {
  if (outcome === undefined) return ''
  if ('cannot' in outcome) return "can't"
  if ('failed' in outcome) return 'FAILED'
  const rate = images ? `, ${digits((1000 * images) / minimum(outcome))} images/s` : ''
  return `${digits(minimum(outcome))} (${digits(median(outcome))})${rate}`
}

function ratio(a: Outcome | undefined, b: Outcome | undefined): string {
  return isTiming(a) && isTiming(b) ? digits(minimum(a) / minimum(b)) : ''
}

/**
 * Peak memory of a training step by batch, with its time; in the last row, how many times those of the smaller batch the
 * larger one takes.
 */
function memoryTable(memory: readonly BatchMemory[]): string[] {
  if (memory.length === 0) return []
  const ids = Object.keys(memory[0]!.growth)
  const live = (growth: BatchMemory['growth']) =>
    Object.values(growth).flatMap(one => ('live' in one && one.live ? [one.live] : []))[0]
  const cells = ({ batch, growth }: BatchMemory) => {
    const need = live(growth)
    return [
      `batch ${batch}`,
      need ? mebibytes(need) : '',
      ...ids.map(id => {
        const one = growth[id]!
        if ('failed' in one) return 'FAILED'
        const share = need ? `, ${digits(one.peak / need)}x` : ''
        return `${mebibytes(one.peak)}${share}, ${digits(one.ms)} ms`
      }),
    ]
  }
  const [small, large] = [memory[0]!, memory.at(-1)!]
  const times = ids.map(id => {
    const [a, b] = [small.growth[id]!, large.growth[id]!]
    if ('failed' in a || 'failed' in b) return ''
    return `memory ${digits(b.peak / a.peak)}x, time ${digits(b.ms / a.ms)}x`
  })
  return [
    '',
    'Memory of the training step: by how many MiB each process grows at most from before the first step on, in multiples of',
    'the tensors that are alive at once in a step call by call; and the fastest of a few steps.',
    '',
    row(['', 'live tensors', ...ids]),
    row(['---', '--:', ...ids.map(() => '--:')]),
    ...memory.map(one => row(cells(one))),
    row([`${large.batch} / ${small.batch}`, '', ...times]),
  ]
}

const mebibytes = (bytes: number) => digits(bytes / 2 ** 20)

/** The tables of a run and a list of its participants, as Markdown. */
export function markdown(report: Report): string {
  const { machine, rounds, quick, participants, absent, backends, cases } = report
  const torchOf = (backend: BackendName) => (ON_GPU.includes(backend) ? 'PyTorch on CUDA' : 'PyTorch')
  const rows = cases.flatMap(({ name, size, images, host, outcomes }) =>
    (host ? backends.slice(0, 1) : backends).map((backend, i) => {
      const [ours, stock, torch] = [backend, `${backend} stock`, torchOf(backend)].map(id => outcomes[id])
      const layout = isTiming(torch) && torch.setup ? `, ${torch.setup}` : ''
      return row([
        i === 0 ? `${name}: ${size}` : '',
        host ? 'JavaScript' : backend,
        cell(ours, images),
        cell(stock, images),
        cell(torch, images) + layout,
        ratio(stock, ours),
        ratio(ours, torch),
      ])
    }),
  )
  const cores = (id: string) => {
    const measured = cases.flatMap(({ outcomes }) => {
      const outcome = outcomes[id]
      return isTiming(outcome) ? [outcome.cores] : []
    })
    return measured.length > 0 ? `, at most ${Math.max(...measured).toFixed(1)} cores at work` : ''
  }
  const who = Object.entries(participants).map(([id, { device, threads, versions }]) => {
    const parts = [
      ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
      ...(device ? [device] : []),
      ...(threads ? [`${threads} threads`] : []),
    ]
    return `- ${id}: ${parts.join(', ')}${cores(id)}`
  })
  const missing = Object.entries(absent).map(([name, reason]) => `- ${name}: not here: ${reason}`)
  const failed = failures(report).map(line => `- FAILED: ${line}`)
  return [
    `# ${machine.cpu}, ${machine.cores} cores`,
    '',
    `${machine.date}, ${machine.platform}, ${machine.memoryGiB} GiB${quick ? '; quick: sizes too small to tell speed' : ''}.`,
    `Milliseconds: the minimum (and the median) of ${rounds} rounds in which all took turns. Ratios are of the minima.`,
    'Float32, except where it says float64. Outputs agreed within 1e-3 before they were timed.',
    '',
    ...(rows.length > 0
      ? [
          row(['', 'backend', 'ours', 'stock tfjs', 'PyTorch', 'stock / ours', 'ours / PyTorch']),
          row(['---', '---', '--:', '--:', '--:', '--:', '--:']),
        ]
      : []),
    ...rows,
    ...memoryTable(report.memory ?? []),
    '',
    ...who,
    ...missing,
    ...failed,
    '',
  ].join('\n')
}
