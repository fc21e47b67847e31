import { rm } from 'node:fs/promises'
import type { BackendName } from '@rectified-flow/backends'
import { openImages } from '@rectified-flow/datasets/node'
import {
  type Evaluation,
  evaluateMeasurement,
  type KeptName,
  type Measurement,
  type MetricName,
  metrics,
} from '@rectified-flow/eval-fid'
import { frechetDistanceInWorker } from '@rectified-flow/eval-fid/node'
import { Command, Option } from 'commander'
import { backendOption, startBackend } from '../backend-option.js'
import { checkOutput } from '../check-output.js'
import { choiceHelp } from '../choice-help.js'
import { chooseMetrics, metricsOption, needsOf, titleOf } from '../fid/choose-metrics.js'
import {
  checkSize,
  type ExtractorFlags,
  extractorOptions,
  isInception,
  openExtractor,
  takesColour,
} from '../fid/extractor.js'
import { copyParts } from '../fid/part-file.js'
import { collectParts, measureParts } from '../fid/parts.js'
import { readReferenceFile, writeReferenceFile } from '../fid/reference-file.js'
import { hanging, table } from '../fit-columns.js'
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
    .option('--keep-features', 'keep every image’s features too: KID, precision and recall need them')
  return measuring(command).action(
    async (data: string, flags: MeasureFlags & { out: string; keepFeatures?: boolean }) => {
      await checkOutput('--out', flags.out, 'file')
      const keep: KeptName[] = isInception(flags) ? ['moments', 'spatial'] : ['moments']
      const measured = await measure(data, flags, `${flags.out}.parts`, keep)
      if (!measured) return
      await writeReferenceFile(flags.out, measured, flags.keepFeatures ?? false)
      await removeParts(flags)
      console.log(`statistics of ${measured.images} images in ${flags.out}`)
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
    metrics?: MetricName[]
    out: string
    atLeast: number
    seed: number
  },
): Promise<void> {
  await checkOutput('--out', flags.out, 'file')
  const { reference, sha256 } = await readReferenceFile(flags.ref, flags)
  const chosen = chooseMetrics(flags.metrics, reference, { inception: isInception(flags) })
  const measured = await measure(images, flags, `${flags.out}.parts`, needsOf(chosen), flags.atLeast)
  if (!measured) return
  say(`compare: ${chosen.join(', ')}`)
  const evaluation = await evaluateMeasurement(measured, {
    reference,
    metrics: chosen,
    seed: flags.seed,
    distance: frechetDistanceInWorker,
    versions: { 'rectified-flow': version, node: process.version },
  })
  const result = { ...evaluation, reference: { file: flags.ref, sha256 }, images }
  await writeOutput(flags.out, `${JSON.stringify(result, null, 2)}\n`)
  await removeParts(flags)
  console.log(describe(evaluation))
  for (const warning of evaluation.record.warnings) warn(warning)
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

/** Measure this process's share. Returns the measurement of all images if the parts of all other shares are there. */
async function measure(
  data: string,
  flags: MeasureFlags,
  folder: string,
  keep: readonly KeptName[],
  atLeast = 2,
): Promise<Measurement<'moments'> | undefined> {
  const { name } = await startBackend(flags.backend)
  const shard = shardOf(flags.shard)
  if (wantsWorkers(flags.workers)) await runWorkers(flags.workers, shard, name)
  const { split, allowJpeg = false, resolution, maxBytes } = flags
  const source = await openImages(data, {
    ...{ split, allowJpeg },
    ...(takesColour(flags) && { channels: 3 }),
    ...(resolution && { resolution }),
    ...limit(maxBytes),
  })
  try {
    if (source.count < atLeast)
      throw new RangeError(`'${data}' must hold at least ${atLeast} images, got ${source.count}.`)
    const extractor = await openExtractor(flags)
    checkSize(extractor, source, data)
    const { batch } = flags
    const job = { source, extractor, keep, folder, shard, batch }
    const expected = await measureParts(job)
    if (isWorker) return undefined
    const measured = await collectParts(folder, expected)
    if (!('missing' in measured)) return measured
    console.log(`measured; ${measured.missing} parts of other shards are not in ${folder} yet`)
    return undefined
  } finally {
    await source.close()
  }
}

/** Remove the parts, but not in a sharded run: other processes may still read them. */
async function removeParts({ out, shard }: MeasureFlags & { out: string }): Promise<void> {
  if (shardOf(shard).count === 1) await rm(`${out}.parts`, { recursive: true })
}

function describe({ record, ...metrics }: Evaluation): string {
  const rows = Object.entries(metrics).map(([key, value]) => {
    const text =
      typeof value === 'number'
        ? value.toPrecision(6)
        : Object.entries(value)
            .map(([part, number]) => `${part} ${(number as number).toPrecision(4)}`)
            .join(', ')
    return [titleOf(key, record.network), text] as const
  })
  const { resize, images, backend } = record
  const made = `${images} images, ${record.network}${resize ? `, resize ${resize}` : ''}, ${backend}`
  return `${table(rows)}\n${hanging('', made)}`
}
