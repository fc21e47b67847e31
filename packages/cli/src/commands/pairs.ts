import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createPairStore } from '@rectified-flow/datasets/node'
import { generatePairs, sample, sampleEdm } from '@rectified-flow/reflow'
import { Command, Option } from 'commander'
import { type BackendName, backendOption, startBackend } from '../backend-option.js'
import { type NetworkOptions, networkOptions, openNetwork } from '../open-network.js'
import { parseInteger } from '../parse.js'
import { progress } from '../progress.js'
import { addSamplingOptions, type SamplingFlags, samplingOf } from '../sampling-options.js'
import { type Shard, shardOf, shardOption } from '../shard.js'

interface Flags extends NetworkOptions, SamplingFlags {
  out: string
  count: number
  seed: number
  edm?: boolean
  images: 'uint8' | 'float16'
  shardSize: number
  shard?: Shard
  batch: number
  backend?: BackendName
}

/** `rectified-flow pairs`: noise and what a teacher makes of it, into a store that any number of processes fill. */
export function pairsCommand(): Command {
  const command = new Command('pairs')
    .description('let a teacher make pairs of noise and image; killed and called again, it goes on')
    .requiredOption('--out <folder>', 'the store')
    .requiredOption('--count <n>', 'pairs in all', parseInteger(1))
    .option('--seed <n>', 'of the noise', parseInteger(0), 0)
    .option('--edm', "EDM's sampler, for a diffusion model; --steps noise levels (default: 18, 35 calls)")
    .addOption(
      new Option('--images <format>', 'how images are kept').choices(['uint8', 'float16']).default('uint8'),
    )
    .option('--shard-size <n>', 'pairs in a file', parseInteger(1), 1024)
    .option('--batch <n>', 'images at a time', parseInteger(1), 64)
    .addOption(shardOption())
    .addOption(backendOption())
  for (const option of networkOptions()) command.addOption(option)
  return addSamplingOptions(command).action(run)
}

async function run(flags: Flags): Promise<void> {
  await startBackend(flags.backend)
  const { net, velocity, denoiser } = await openNetwork(flags)
  const { imgResolution: side, inChannels: channels, labelDim } = net.config
  const store = await createPairStore(flags.out, {
    count: flags.count,
    shardSize: flags.shardSize,
    seed: flags.seed,
    shape: [side, side, channels],
    images: flags.images,
    ...(labelDim > 0 && { classes: labelDim }),
    origin: await origin(flags),
  })
  const { index: part, count: parts } = shardOf(flags.shard)
  const shards = await store.missing({ part, parts })
  const total = shards.reduce((sum, shard) => sum + store.range(shard).count, 0)
  const bar = progress('pairs', total, 'pairs')
  const sampling = samplingOf(flags)
  const edm = flags.steps ? { steps: flags.steps } : {}
  await generatePairs(
    store,
    (z, classLabels) => {
      const given = classLabels ? { classLabels } : {}
      return flags.edm ? sampleEdm(denoiser(given), z, edm).x : sample(velocity(given), z, sampling).x
    },
    { shards, batch: flags.batch, onProgress: done => bar.update(done) },
  )
  bar.stop()
  const missing = (await store.missing()).length
  await store.close()
  console.log(
    `${total} pairs made; ${missing === 0 ? `${flags.out} is complete` : `${missing} shards are still missing`}`,
  )
}

/** What decides the images, so that pairs of another teacher or sampler are never mixed in. */
async function origin({
  network,
  edm,
  steps,
  times,
  method,
  rule,
}: Flags): Promise<Record<string, string | number>> {
  const teacher = createHash('sha256')
    .update(await readFile(network))
    .digest('hex')
    .slice(0, 16)
  if (edm) return { teacher, sampler: 'edm', steps: steps ?? 18 }
  return { teacher, sampler: method, rule, ...(times ? { times: times.join(',') } : { steps: steps ?? 1 }) }
}
