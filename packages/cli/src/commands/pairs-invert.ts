import { type SolverName, solvers } from '@rectified-flow/ode'
import { invert, invertPairs } from '@rectified-flow/reflow'
import { Command, Option } from 'commander'
import { addStoreOptions, type Filling, fillPairStore, type StoreFlags } from '../fill-pair-store.js'
import { openDataFor } from '../open-data.js'
import { type NetworkOptions, networkHash, networkOptions, openNetwork } from '../open-network.js'
import { parseInteger, parseSteps } from '../parse.js'
import { type ResolutionFlag, resolutionOption } from '../resolution-option.js'
import { methodOption } from '../sampling-options.js'
import { sourceFingerprint } from '../source-fingerprint.js'

interface Flags extends NetworkOptions, StoreFlags, ResolutionFlag {
  split: 'train' | 'test'
  count?: number
  seed: number
  steps: number
  method: SolverName
  noise: 'float16' | 'float32'
}

/** `rectified-flow pairs invert DATA`: real images and the noise that a flow takes them to, the paper's configuration G. */
export function pairsInvertCommand(): Command {
  const command = new Command('invert')
    .description(
      'pair real images with the noise that a flow takes them to, to fine-tune on (configuration G)',
    )
    .argument('<data>', 'a folder or zip of images, an .npz, MNIST or CIFAR-10')
    .addOption(
      new Option('--split <name>', 'split of MNIST or CIFAR-10').choices(['train', 'test']).default('train'),
    )
    .addOption(resolutionOption())
    .option('--count <n>', 'only the first n images (default: all)', parseInteger(1))
    .option('--seed <n>', 'seed of the little noise that an inversion starts with', parseInteger(0), 0)
    .option('--steps <n>', 'grid intervals', parseSteps, 128)
    .addOption(methodOption())
    .addOption(
      new Option('--noise <format>', 'format of the noise')
        .choices(['float16', 'float32'])
        .default('float16'),
    )
  addStoreOptions(command)
  for (const option of networkOptions()) command.addOption(option)
  return command.action((data: string, flags: Flags) => fillPairStore(flags, () => inversion(data, flags)))
}

async function inversion(data: string, flags: Flags): Promise<Filling> {
  const flow = await openNetwork(flags)
  const { imgResolution: side, inChannels: channels, labelDim } = flow.net.config
  const source = await openDataFor(flow.net.config, data, {
    split: flags.split,
    whole: true,
    resolution: flags.resolution,
    maxBytes: flags.maxBytes,
  })
  if (labelDim > 0 && source.classes === undefined)
    throw new RangeError(`'${data}' must have labels, because the network has ${labelDim} classes, got none.`)
  const { steps, method, noise: format, count = source.count } = flags
  if (count > source.count)
    throw new RangeError(
      `--count must be in 1..${source.count}, as many as '${data}' has images, got ${count}.`,
    )
  return {
    plan: {
      count,
      seed: flags.seed,
      shape: [side, side, channels],
      noise: format,
      ...(labelDim > 0 && { classes: labelDim }),
      origin: {
        network: await networkHash(flags),
        data: await sourceFingerprint(source),
        sampler: 'inversion',
        method,
        steps,
      },
    },
    fill: (store, options) =>
      invertPairs(
        store,
        source,
        (x, noise, classLabels) =>
          invert(flow.velocity(classLabels ? { classLabels } : {}), x, {
            noise,
            steps,
            method: solvers[method],
          }).z,
        options,
      ),
    close: () => source.close(),
  }
}
