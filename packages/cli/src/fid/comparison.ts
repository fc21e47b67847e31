import type { CompareOptions, MetricName } from '@rectified-flow/eval-fid'
import type { MaxBytesFlag } from '../max-bytes-option.js'
import { chooseMetrics } from './choose-metrics.js'
import { type FeatureSpace, fileOf } from './feature-spaces.js'
import { readReferenceFile } from './reference-file.js'

interface ComparisonFlags extends MaxBytesFlag {
  features: FeatureSpace[]
  ref: string
  validation?: string
  metrics?: MetricName[]
}

interface ReferenceRecord {
  file: string
  sha256: string
}

/** What one feature space of the measured images is compared with, and the files that hold it. */
export interface Comparison {
  network: FeatureSpace['network']
  options: Pick<CompareOptions, 'reference' | 'validation'> & { metrics: readonly MetricName[] }
  files: { reference: ReferenceRecord; validation?: ReferenceRecord }
}

export async function openComparison(space: FeatureSpace, flags: ComparisonFlags): Promise<Comparison> {
  const { network } = space
  const read = async (option: string, path: string) => {
    const file = fileOf(path, space, flags.features)
    const { reference, sha256 } = await readReferenceFile(option, file, flags)
    return { reference, record: { file, sha256 } }
  }
  const { reference, record } = await read('--ref', flags.ref)
  const metrics = chooseMetrics(flags.metrics, reference, network)
  if (flags.validation === undefined)
    return { network, options: { reference, metrics }, files: { reference: record } }
  if (!metrics.includes('frechetDistance'))
    throw new RangeError(`--metrics must have frechetDistance for --validation, got ${metrics.join(',')}.`)
  const other = await read('--validation', flags.validation)
  return {
    network,
    options: { reference, metrics, validation: other.reference },
    files: { reference: record, validation: other.record },
  }
}
