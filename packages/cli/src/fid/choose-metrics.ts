import {
  type KeptName,
  type Metric,
  type MetricName,
  metrics,
  type Reference,
} from '@rectified-flow/eval-fid'
import { InvalidArgumentError, Option } from 'commander'
import type { NetworkName } from './feature-spaces.js'

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
 * The metrics asked for. By default all for which the reference has the data and that papers define with this network or with any;
 * only Inception has other data than features.
 */
export function chooseMetrics(
  asked: readonly MetricName[] | undefined,
  reference: Reference,
  network: NetworkName,
): readonly MetricName[] {
  const has = ({ needs, compares }: Metric) => !compares || reference[needs] !== undefined
  const missing = asked?.find(name => !has(metrics[name]))
  if (missing)
    throw new RangeError(
      `--ref must hold ${metrics[missing].needs} for ${missing}, got none. \`fid ref --keep-features\` keeps samples.`,
    )
  const given: readonly KeptName[] = isInception(network)
    ? ['moments', 'samples', 'spatial', 'logits']
    : ['moments', 'samples']
  const fits = (name: MetricName) => {
    const metric: Metric = metrics[name]
    return (
      has(metric) &&
      given.includes(metric.needs) &&
      (!metric.onRequest || paperName(name, network) !== undefined)
    )
  }
  return asked ?? (Object.keys(list) as MetricName[]).filter(fits)
}

/** Whether a network is FID's, by its name in records or on the command line. */
const isInception = (network: string): boolean => /inception/i.test(network)

/** The name of a metric beside the name of the network. */
export function shortTitleOf(name: string, network: string): string {
  return paperName(name, network) ?? list[name]!.title ?? name
}

/** The name of a metric in the results, which depends on the network. */
export function titleOf(name: string, network: string): string {
  const own = paperName(name, network) === undefined && !isInception(network) && list[name]!.title
  return own ? `${own} (${network})` : (paperName(name, network) ?? name)
}

/** The name of a metric in papers, if they define it with this network. */
function paperName(name: string, network: string): string | undefined {
  const names = Object.entries(list[name]!.paperNames ?? {})
  return names.find(([defining]) => network.toLowerCase().includes(defining.toLowerCase()))?.[1]
}

/** What must be measured of the images for these metrics. */
export const needsOf = (names: readonly MetricName[]) => names.map(name => metrics[name].needs)
