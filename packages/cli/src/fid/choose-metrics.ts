import { type Metric, type MetricName, metrics, type Reference } from '@rectified-flow/eval-fid'
import { InvalidArgumentError, Option } from 'commander'

const list: Readonly<Record<string, Metric>> = metrics

/** `--metrics LIST`: names of metrics, from eval-fid's list. */
export function metricsOption(): Option {
  return new Option(
    '--metrics <list>',
    'names with commas between them (default: all that the reference allows)',
  ).argParser(text => {
    const names = text.split(',').map(name => name.trim())
    const unknown = names.find(name => !Object.keys(list).includes(name))
    if (unknown !== undefined)
      throw new InvalidArgumentError(`must be one of ${Object.keys(list).join(', ')}, got '${unknown}'.`)
    return names
  })
}

/**
 * The metrics asked for. By default all for which the reference has the data; with a small network only those computed from
 * its features.
 */
export function chooseMetrics(
  asked: readonly MetricName[] | undefined,
  reference: Reference,
  { inception }: { inception: boolean },
): readonly MetricName[] {
  const has = ({ needs, compares }: Metric) => !compares || reference[needs] !== undefined
  const missing = asked?.find(name => !has(metrics[name]))
  if (missing)
    throw new RangeError(
      `--ref must hold ${metrics[missing].needs} for ${missing}, got none. \`fid ref --keep-features\` keeps samples.`,
    )
  const fits = (metric: Metric) =>
    has(metric) && !metric.onRequest && (inception || ['moments', 'samples'].includes(metric.needs))
  return asked ?? (Object.keys(list) as MetricName[]).filter(name => fits(metrics[name]))
}

/** The name of a metric in the results, which depends on the network. */
export function titleOf(name: string, network: string): string {
  const { title } = list[name]!
  const inPapers = paperName(name, network)
  if (inPapers !== undefined || network.includes('Inception')) return inPapers ?? name
  return title ? `${title} (${network})` : name
}

/** The name of a metric in papers, if they define it with this network. */
function paperName(name: string, network: string): string | undefined {
  const names = Object.entries(list[name]!.paperNames ?? {})
  return names.find(([defining]) => network.includes(defining))?.[1]
}

/** What must be measured of the images for these metrics. */
export const needsOf = (names: readonly MetricName[]) => names.map(name => metrics[name].needs)
