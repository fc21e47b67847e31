import type { Evaluation, EvaluationRecord } from '@rectified-flow/eval-fid'
import { hanging, table } from '../fit-columns.js'
import { shortTitleOf, titleOf } from './choose-metrics.js'

/** The metrics in one feature space, a line each, and how they were made. */
export function describeSpace({ record, ratio, ...metrics }: Evaluation): string {
  const rows = Object.entries(metrics).map(
    ([key, value]) => [titleOf(key, record.network), textOf(value)] as const,
  )
  const ratioRow = ratio === undefined ? [] : [['ratio to validation', textOf(ratio)] as const]
  const made = `${record.images} images, ${networkOf(record)}, ${record.backend}`
  return `${table([...rows, ...ratioRow])}\n${hanging('', made)}`
}

/** A table of several feature spaces: space, metric, value, and the ratio to the validation images where there is one. */
export function describeSpaces(
  spaces: readonly (readonly [name: string, Evaluation])[],
  meanRatio?: number,
): string {
  const lines = spaces.flatMap(([space, { record, ratio, ...metrics }]) =>
    Object.entries(metrics).map(([key, value]) => [
      space,
      shortTitleOf(key, record.network),
      textOf(value),
      key === 'frechetDistance' && ratio !== undefined ? textOf(ratio) : '',
    ]),
  )
  if (meanRatio !== undefined) lines.push(['mean', '', '', textOf(meanRatio)])
  const all = [['space', 'metric', 'value', ...(meanRatio === undefined ? [] : ['ratio'])], ...lines]
  const widths = [0, 1, 2].map(column => Math.max(...all.map(line => line[column]!.length)))
  const rows = all.map(line =>
    line
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const [first] = spaces as [readonly [string, Evaluation]]
  const { images, backend } = first[1].record
  const made = spaces.map(([space, { record }]) => [space, networkOf(record)] as const)
  return `${rows.join('\n')}\n${images} images, ${backend}\n${table(made)}`
}

/** The network, and the size that it takes if images are resized to it. */
function networkOf({ network, resize, inputSize }: EvaluationRecord): string {
  return resize ? `${network}, resize ${resize} to ${inputSize} x ${inputSize}` : network
}

function textOf(value: number | object): string {
  if (typeof value === 'number') return value.toPrecision(6)
  return Object.entries(value)
    .map(([part, number]) => `${part} ${(number as number).toPrecision(4)}`)
    .join(', ')
}
