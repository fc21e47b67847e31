import {
  generatePairs,
  measuredSample,
  type PairMeasure,
  pairMeasures,
  sample,
  sampleEdm,
} from '@rectified-flow/reflow'
import { Command, Option } from 'commander'
import { addStoreOptions, type Filling, fillPairStore, type StoreFlags } from '../fill-pair-store.js'
import { type GuidanceFlags, guidanceOptions, guidanceOrigin, openGuidance } from '../guidance.js'
import { type NetworkOptions, networkHash, networkOptions, openNetwork } from '../open-network.js'
import { parseInteger, parseNames } from '../parse.js'
import {
  addSamplingOptions,
  EDM_STEPS,
  type SamplingFlags,
  samplerOrigin,
  samplingOf,
} from '../sampling-options.js'
import { warn } from '../warn.js'

/** Pairs are as good as the teacher's paths are followed: one step of a flow that isn't straight yet ends in a blur. */
const FLOW_STEPS = 128

interface Flags extends NetworkOptions, SamplingFlags, GuidanceFlags, StoreFlags {
  count: number
  seed: number
  edm?: boolean
  images: 'uint8' | 'float16'
  quality?: PairMeasure[]
}

/** `rectified-flow pairs [make]`: noise, and the images that a teacher makes from it. */
export function pairsMakeCommand(): Command {
  const command = new Command('make')
    .description(
      'let a teacher make pairs of noise and image; if it is killed, call it again, and it goes on',
    )
    .requiredOption('--count <n>', 'pairs in all', parseInteger(1, 1_000_000_000))
    .option('--seed <n>', 'seed of the noise', parseInteger(0), 0)
    .option(
      '--edm',
      `EDM's sampler, for a diffusion model; --steps noise levels (default: ${EDM_STEPS}, 35 calls)`,
    )
    .addOption(
      new Option('--images <format>', 'format of the images').choices(['uint8', 'float16']).default('uint8'),
    )
  command.option(
    '--quality <list>',
    `measure each pair's path, and keep it beside the pair: some of ${pairMeasures.join(', ')}`,
    parseNames(pairMeasures),
  )
  addStoreOptions(command)
  for (const option of [...guidanceOptions(), ...networkOptions()]) command.addOption(option)
  return addSamplingOptions(command, FLOW_STEPS).action(run)
}

async function run(given: Flags): Promise<void> {
  const { edm, times } = given
  if (given.quality && (edm || given.rule !== 'euler'))
    throw new RangeError(
      `--quality measures the path of a flow, so it must be without ${edm ? '--edm: without it the network is sampled as a flow' : '--rule'}.`,
    )
  const flags = times ? given : { ...given, steps: given.steps ?? (edm ? EDM_STEPS : FLOW_STEPS) }
  if (!edm && (flags.steps ?? times!.length - 1) === 1)
    warn(
      'a flow in one step draws blurred images, unless it is straight already: so will a flow that learns from these pairs. ' +
        `--steps ${FLOW_STEPS} follows its paths.`,
    )
  await fillPairStore(flags, () => generation(flags))
}

async function generation(flags: Flags): Promise<Filling> {
  const flow = await openNetwork(flags)
  const { imgResolution: side, inChannels: channels, labelDim } = flow.net.config
  const fields = await openGuidance(flags, flow)
  const sampling = samplingOf(flags)
  const edm = { steps: flags.steps ?? EDM_STEPS }
  const { quality: measures } = flags
  return {
    plan: {
      count: flags.count,
      seed: flags.seed,
      shape: [side, side, channels],
      images: flags.images,
      ...(labelDim > 0 && { classes: labelDim }),
      ...(measures && { quality: measures }),
      // a store refuses pairs with another teacher or sampler
      origin: {
        teacher: await networkHash(flags),
        ...samplerOrigin(flags),
        ...(await guidanceOrigin(flags)),
      },
    },
    fill: (store, options) =>
      generatePairs(
        store,
        (z, classLabels, probe) => {
          const given = classLabels ? { classLabels } : {}
          if (measures) {
            const { rule: _, ...path } = sampling
            return measuredSample(fields.velocity(given), z, { ...path, measures, probe })
          }
          return flags.edm
            ? sampleEdm(fields.denoiser(given), z, edm).x
            : sample(fields.velocity(given), z, sampling).x
        },
        options,
      ),
  }
}
