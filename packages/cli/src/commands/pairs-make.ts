import { generatePairs, sample, sampleEdm } from '@rectified-flow/reflow'
import { Command, Option } from 'commander'
import {
  addStoreOptions,
  type Filling,
  fileHash,
  fillPairStore,
  type StoreFlags,
} from '../fill-pair-store.js'
import { type NetworkOptions, networkOptions, openNetwork } from '../open-network.js'
import { parseInteger } from '../parse.js'
import { addSamplingOptions, type SamplingFlags, samplingOf } from '../sampling-options.js'

interface Flags extends NetworkOptions, SamplingFlags, StoreFlags {
  count: number
  seed: number
  edm?: boolean
  images: 'uint8' | 'float16'
}

/** `rectified-flow pairs [make]`: noise, and the images that a teacher makes from it. */
export function pairsMakeCommand(): Command {
  const command = new Command('make')
    .description(
      'let a teacher make pairs of noise and image; if it is killed, call it again, and it goes on',
    )
    .requiredOption('--count <n>', 'pairs in all', parseInteger(1, 1_000_000_000))
    .option('--seed <n>', 'seed of the noise', parseInteger(0), 0)
    .option('--edm', "EDM's sampler, for a diffusion model; --steps noise levels (default: 18, 35 calls)")
    .addOption(
      new Option('--images <format>', 'format of the images').choices(['uint8', 'float16']).default('uint8'),
    )
  addStoreOptions(command)
  for (const option of networkOptions()) command.addOption(option)
  return addSamplingOptions(command).action((flags: Flags) => fillPairStore(flags, () => generation(flags)))
}

async function generation(flags: Flags): Promise<Filling> {
  const flow = await openNetwork(flags)
  const { imgResolution: side, inChannels: channels, labelDim } = flow.net.config
  const sampling = samplingOf(flags)
  const edm = flags.steps ? { steps: flags.steps } : {}
  return {
    plan: {
      count: flags.count,
      seed: flags.seed,
      shape: [side, side, channels],
      images: flags.images,
      ...(labelDim > 0 && { classes: labelDim }),
      origin: await origin(flags),
    },
    fill: (store, options) =>
      generatePairs(
        store,
        (z, classLabels) => {
          const given = classLabels ? { classLabels } : {}
          return flags.edm
            ? sampleEdm(flow.denoiser(given), z, edm).x
            : sample(flow.velocity(given), z, sampling).x
        },
        options,
      ),
  }
}

/** All that decides the images: a store refuses pairs with another teacher or sampler. */
async function origin({
  network,
  edm,
  steps,
  times,
  method,
  rule,
}: Flags): Promise<Record<string, string | number>> {
  const teacher = await fileHash(network)
  if (edm) return { teacher, sampler: 'edm', steps: steps ?? 18 }
  return { teacher, sampler: method, rule, ...(times ? { times: times.join(',') } : { steps: steps ?? 1 }) }
}
