import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BackendName } from '@rectified-flow/backends'
import { openImages } from '@rectified-flow/datasets/node'
import {
  type Evaluation,
  evaluateMeasurement,
  type KeptName,
  type Measurement,
  type MetricName,
  meanRatio,
  metrics,
} from '@rectified-flow/eval-fid'
import { frechetDistanceInWorker } from '@rectified-flow/eval-fid/node'
import { Command, Option } from 'commander'
import { backendOption, startBackend } from '../backend-option.js'
import { checkOutput } from '../check-output.js'
import { choiceHelp } from '../choice-help.js'
import { metricsOption, needsOf } from '../fid/choose-metrics.js'
import { openComparison } from '../fid/comparison.js'
import { describeSpace, describeSpaces } from '../fid/describe-result.js'
import {
  checkSize,
  type ExtractorFlags,
  extractorOptions,
  openExtractor,
  takesColour,
} from '../fid/extractor.js'
import { fileOf } from '../fid/feature-spaces.js'
import { copyParts } from '../fid/part-file.js'
import { collectParts, measureParts, type PartsSpace } from '../fid/parts.js'
import { writeReferenceFile } from '../fid/reference-file.js'
import { limit, type MaxBytesFlag, maxBytesOption } from '../max-bytes-option.js'
import { parseInteger } from '../parse.js'
import { type ResolutionFlag, resolutionOption } from '../resolution-option.js'
import { type Shard, shardOf, shardOption } from '../shard.js'
import { version } from '../version.js'
import { say, warn } from '../warn.js'
import { isWorker } from '../worker.js'
import { runWorkers, wantsWorkers, workersOption } from '../workers.js'
import { writeOutput } from '../write-output.js'

interface MeasureFlags extends ExtractorFlags, MaxBytesFlag, ResolutionFlag {
  split: 'train' | 'test'
  batch: number
  shard?: Shard
  workers: number
  allowJpeg?: boolean
  backend?: BackendName
}

/** `rectified-flow fid`: statistics of real images, and metrics that compare generated images with them. */
export function fillFid(command: Command): Command {
  return command.addCommand(refCommand()).addCommand(calcCommand()).addCommand(mergeCommand())
}

function refCommand(): Command {
  const command = new Command('ref')
    .description('statistics of real images, to compare others with')
    .argument('<data>', 'a folder or zip of images, an .npz, MNIST or CIFAR-10')
    .requiredOption('-o, --out <file.npz>', 'mu and sigma, in the format of EDM, pytorch-fid and clean-fid')
    .option('--keep-features', 'keep every image’s features too: KID, CMMD, precision and recall need them')
  return measuring(command).action(
    async (data: string, flags: MeasureFlags & { out: string; keepFeatures?: boolean }) => {
      const { features, out, keepFeatures = false } = flags
      const files = features.map(space => fileOf(out, space, features))
      for (const file of files) await checkOutput('--out', file, 'file')
      const keeps = features.map(({ network }): KeptName[] =>
        network === 'inception' ? ['moments', 'spatial'] : ['moments'],
      )
      const measured = await measure(data, flags, keeps)
      if (!measured) return
      for (const [i, file] of files.entries()) await writeReferenceFile(file, measured[i]!, keepFeatures)
      await removeParts(flags)
      for (const [i, file] of files.entries())
        console.log(`statistics of ${measured[i]!.images} images in ${file}`)
    },
  )
}

function calcCommand(): Command {
  const command = new Command('calc')
    .description('every metric of images against a reference, in one pass')
    .argument('<images>', 'a folder or zip of images, or an .npz')
    .requiredOption(
      '--ref <file.npz>',
      'what `fid ref` wrote, or statistics of EDM, pytorch-fid, clean-fid, OpenAI',
    )
    .option(
      '--validation <file.npz>',
      'statistics of other real images, for ratios of Fréchet distances to theirs',
    )
    .addOption(metricsOption())
    .option('-o, --out <file.json>', 'the result, with how it was made', 'fid.json')
    .option('--at-least <n>', 'refuse fewer images', parseInteger(2), 2)
    .option('--seed <n>', 'seed of the subsets and splits', parseInteger(0), 0)
  return measuring(command)
    .addHelpText('after', () => `\n${choiceHelp('metrics', metrics)}`)
    .action(calc)
}

async function calc(
  images: string,
  flags: MeasureFlags & {
    ref: string
    validation?: string
    metrics?: MetricName[]
    out: string
    atLeast: number
    seed: number
  },
): Promise<void> {
  const { features, out, atLeast, seed } = flags
  await checkOutput('--out', out, 'file')
  const comparisons = await Promise.all(features.map(space => openComparison(space, flags)))
  const keeps = comparisons.map(({ options }) => needsOf(options.metrics))
  const measured = await measure(images, flags, keeps, atLeast)
  if (!measured) return
  const versions = { 'rectified-flow': version, node: process.version }
  const found: [network: string, Evaluation][] = []
  const results: Record<string, object> = {}
  for (const [i, { network, options, files }] of comparisons.entries()) {
    say(`compare${features.length > 1 ? ` ${network}` : ''}: ${options.metrics.join(', ')}`)
    const evaluation = await evaluateMeasurement(measured[i]!, {
      ...options,
      ...{ seed, versions, distance: frechetDistanceInWorker },
    })
    found.push([network, evaluation])
    results[network] = { ...evaluation, ...files }
  }
  const [[network, first]] = found as [[string, Evaluation]]
  const ratio = meanRatio(found.map(([, evaluation]) => evaluation))
  const alone = found.length === 1
  const result = alone
    ? results[network]
    : { spaces: results, ...(ratio !== undefined && { meanRatio: ratio }) }
  await writeOutput(out, `${JSON.stringify({ ...result, images }, null, 2)}\n`)
  await removeParts(flags)
  console.log(alone ? describeSpace(first) : describeSpaces(found, ratio))
  for (const warning of new Set(found.flatMap(([, { record }]) => record.warnings))) warn(warning)
}

function mergeCommand(): Command {
  return new Command('merge')
    .description('join the parts that shards of `fid ref` measured on several machines')
    .argument('<parts...>', 'their OUT.npz.parts folders')
    .requiredOption('-o, --out <file.npz>', 'the statistics of all images')
    .option('--keep-features', 'keep every image’s features too')
    .action(async (folders: string[], { out, keepFeatures }: { out: string; keepFeatures?: boolean }) => {
      await checkOutput('--out', out, 'file')
      const whole = `${out}.parts`
      for (const folder of folders) await copyParts(folder, whole)
      const measured = await collectParts(whole)
      if ('missing' in measured)
        throw new RangeError(
          `the parts must be complete, got ${measured.missing} missing in ${folders.join(', ')}.`,
        )
      await writeReferenceFile(out, measured, keepFeatures ?? false)
      await rm(whole, { recursive: true })
      console.log(`statistics of ${measured.images} images in ${out}`)
    })
}

function measuring(command: Command): Command {
  command
    .addOption(
      new Option('--split <name>', 'split of MNIST or CIFAR-10').choices(['train', 'test']).default('train'),
    )
    .option('--batch <n>', 'images at a time', parseInteger(1), 32)
    .addOption(resolutionOption())
    .option('--allow-jpeg', 'measure JPEGs too, although their compression changes FID')
    .addOption(maxBytesOption())
    .addOption(shardOption())
    .addOption(workersOption())
    .addOption(backendOption())
  for (const option of extractorOptions()) command.addOption(option)
  return command
}

/**
 * Measure this process's share in every feature space. Returns the measurements of all images if the parts of all other shares
 * are there.
 */
async function measure(
  data: string,
  flags: MeasureFlags & { out: string },
  keeps: readonly (readonly KeptName[])[],
  atLeast = 2,
): Promise<Measurement<'moments'>[] | undefined> {
  const { name } = await startBackend(flags.backend)
  const shard = shardOf(flags.shard)
  if (wantsWorkers(flags.workers)) await runWorkers(flags.workers, shard, name)
  const { split, allowJpeg = false, resolution, maxBytes, features, batch, out } = flags
  const source = await openImages(data, {
    ...{ split, allowJpeg },
    ...(takesColour(flags) && { channels: 3 }),
    ...(resolution && { resolution }),
    ...limit(maxBytes),
  })
  try {
    if (source.count < atLeast)
      throw new RangeError(`'${data}' must hold at least ${atLeast} images, got ${source.count}.`)
    const spaces: PartsSpace[] = []
    for (const [i, space] of features.entries()) {
      const extractor = await openExtractor(space, flags)
      checkSize(extractor, source, data)
      const folder = features.length === 1 ? `${out}.parts` : join(`${out}.parts`, space.network)
      spaces.push({ extractor, keep: keeps[i]!, folder })
    }
    const expected = await measureParts({ source, spaces, shard, batch })
    if (isWorker) return undefined
    const measured: Measurement<'moments'>[] = []
    for (const [i, { folder }] of spaces.entries()) {
      const whole = await collectParts(folder, expected[i])
      if (!('missing' in whole)) measured.push(whole)
      else console.log(`measured; ${whole.missing} parts of other shards are not in ${folder} yet`)
    }
    return measured.length === spaces.length ? measured : undefined
  } finally {
    await source.close()
  }
}

/** Remove the parts, but not in a sharded run: other processes may still read them. */
async function removeParts({ out, shard }: MeasureFlags & { out: string }): Promise<void> {
  if (shardOf(shard).count === 1) await rm(`${out}.parts`, { recursive: true })
}
