import { type Metric, type MetricName, metrics, type Reference } from '@rectified-flow/eval-fid'
import { InvalidArgumentError, Option } from 'commander'

const list: Readonly<Record<string, Metric>> = metrics

/** `--metrics LIST`: names of eval-fid's list. */
export function metricsOption(): Option {
  return new Option(
    '--metrics <list>',
    `of ${Object.keys(list).join(', ')} (default: all that the reference is for)`,
  ).argParser(text => {
    const names = text.split(',').map(name => name.trim())
    const unknown = names.find(name => !Object.keys(list).includes(name))
    if (unknown !== undefined)
      throw new InvalidArgumentError(`must be of ${Object.keys(list).join(', ')}, got '${unknown}'.`)
    return names
  })
}

/** Every metric that the reference has what it needs for. Over a small network, only what is made of its features. */
export function defaultMetrics(reference: Reference, { inception }: { inception: boolean }): MetricName[] {
  const fits = ([, { needs, compares, onRequest }]: [string, Metric]) =>
    !onRequest && (!compares || reference[needs]) && (inception || needs === 'moments' || needs === 'samples')
  return Object.entries(list)
    .filter(fits)
    .map(([name]) => name as MetricName)
}

/** What a metric is called in the results over a network. */
export function titleOf(name: string, network: string): string {
  const { inceptionName, title } = list[name] as Metric
  if (network.includes('Inception')) return inceptionName ?? name
  return title ? `${title} (${network})` : name
}

/** What these metrics need of the images. */
export const needsOf = (names: readonly MetricName[]) => names.map(name => metrics[name].needs)
