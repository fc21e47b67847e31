import { short, table } from '../markdown-table.js'
import type { Entry } from './job.js'
import { networkTable, tuningLines } from './network-table.js'
import type { Summary } from './summary.js'

/** A summary as Markdown. */
export function markdown({ machine, device, software, jobs, goals, networks, entries }: Summary): string {
  const of = (part: string) => entries[part] ?? []
  return [
    `# ${device}, ${machine.cpu}, ${machine.cores} cores`,
    '',
    `${machine.date}, ${machine.platform}, ${machine.memoryGiB} GiB. Times are medians in milliseconds.`,
    ...(software ? ['', 'A dry run on a CPU at tiny sizes: the times say nothing.'] : []),
    '',
    '## Goals',
    '',
    ...table(
      ['', 'allowed', 'measured', ''],
      goals.map(({ goal, allowed, measured }) => [
        goal,
        allowed,
        measured === undefined ? 'not measured' : short(measured),
        measured === undefined ? '' : measured <= allowed ? 'met' : 'NOT MET',
      ]),
    ),
    '',
    '## Networks',
    '',
    ...tuningLines(of('3-networks')),
    ...networkTable(networks),
    '',
    '## Device',
    '',
    ...of('1-device').flatMap(deviceLine),
    '',
    '## Conformance',
    '',
    ...conformanceLines(of('2-conformance')),
    '',
    '## Convolutions',
    '',
    ...convolutionTable(of('6-convolution')),
    '',
    '## Training on CIFAR-10',
    '',
    ...of('4-training').map(trainingLine),
    '',
    '## Jobs',
    '',
    ...table(
      ['part', 'job', 's', ''],
      jobs.map(({ part, job, seconds, ended }) => [part, job, seconds, ended.split('\n')[0]]),
    ),
    '',
  ].join('\n')
}

function deviceLine({
  what,
  nvidiaSmi,
  features,
  GBs,
  TFLOPs,
  ms,
  usEach,
  processorUsEach,
}: Entry): string[] {
  if (what === 'driver') return [`- ${nvidiaSmi ? Object.values(nvidiaSmi).join(', ') : 'no nvidia-smi'}`]
  if (what === 'adapter') return [`- features: ${(features as string[]).join(', ')}`]
  if (usEach !== undefined)
    return [`- a dispatch ${what}: ${short(usEach)} us, of which the host ${short(processorUsEach)} us`]
  if (GBs !== undefined) return [`- ${what}: ${short(GBs)} GB/s, ${short(ms)} ms`]
  return TFLOPs === undefined ? [] : [`- ${what}: ${short(TFLOPs)} TFLOP/s`]
}

function conformanceLines(entries: readonly Entry[]): string[] {
  const failed = entries.filter(({ passed }) => passed === false)
  return [
    `${entries.length - failed.length} passed, ${failed.length} failed.`,
    ...failed.map(
      ({ group, name, error, tolerance, message }) =>
        `- FAILED: ${group}: ${name}: ${message ?? error}, allowed ${tolerance}`,
    ),
  ]
}

function convolutionTable(entries: readonly Entry[]): string[] {
  return table(
    ['', 'precision', 'layers', 'error', 'ms', 'TFLOP/s'],
    entries
      .filter(({ TFLOPs }) => TFLOPs !== undefined)
      .map(({ precision, pass, batch, side, filter, input, out, layers, error, ms, TFLOPs }) => [
        `[${batch},${side},${side},${input}], ${filter}x${filter} to ${out}, ${pass}`,
        precision,
        layers,
        (error as number).toExponential(1),
        short(ms),
        short(TFLOPs),
      ]),
  )
}

function trainingLine({ what, ...entry }: Entry): string {
  if (what === 'loss curve')
    return (
      `- ${entry.curve}: ${entry.steps} steps; the first losses differ from those on a CPU (${entry.cpu}) by ` +
      `${(entry.first as number).toExponential(1)}, later means by ${(entry.windows as number).toExponential(1)}: ` +
      `${entry.agrees ? 'agrees' : 'DIFFERS'}`
    )
  const losses = entry.losses as number[]
  return (
    `- ${entry.network}, batch ${entry.batch}: ${losses.length} steps, ${short(entry.stepMs)} ms each, ` +
    `${short(entry.imagesPerSecond)} images/s, loss ${short(losses[0])} to ${short(losses.at(-1))}`
  )
}
