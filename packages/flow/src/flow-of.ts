import type { Checkpoint } from '@rectified-flow/checkpoints'
import { checkOptions, type OptionNames } from '@rectified-flow/core'
import {
  configFromEdm,
  createUNet,
  edm,
  readClassNames,
  readConfig,
  type UNetConfig,
} from '@rectified-flow/unet'
import { Flow } from './flow.js'

export interface FlowOptions {
  /** The network's configuration, for files that hold only weights; `presets` of `@rectified-flow/unet` has published ones. */
  config?: UNetConfig
  /** What the names of the weights begin with, such as 'ema.'; by default it is found. */
  prefix?: string
  /** The network's dropout in training, in place of its configuration's. */
  dropout?: number
  /** The share of labels that training drops, in place of its configuration's: a network trained so can be its own guide. */
  labelDropout?: number
}

export const flowNames: OptionNames<FlowOptions> = {
  config: 'optional',
  prefix: 'optional',
  dropout: 'optional',
  labelDropout: 'optional',
}

/**
 * The flow of a file's weights. Files of this library and EDM pickles hold their configuration. Other files hold only
 * weights: they need `config`, and get EDM's preconditioning, as in 2-rectified flow++.
 *
 * @throws RangeError if there is no configuration, or if the weights don't fit it
 */
export function flowOf(
  checkpoint: Pick<Checkpoint, 'tensors' | 'metadata' | 'network'>,
  options: FlowOptions = {},
): Flow {
  checkOptions('flow.flowOf', options, flowNames)
  const { tensors, metadata, network } = checkpoint
  const { config, prefix, dropout, labelDropout } = options
  const own = network ? configFromEdm(network) : undefined
  const chosen = config ?? own?.config ?? readConfig(metadata)
  if (!chosen)
    throw new RangeError(
      'flow.flowOf: config must be given for a file that holds only weights, got undefined. For example, pass { config: presets.cifar10 }.',
    )
  const full = {
    ...chosen,
    ...(dropout !== undefined && { dropout }),
    ...(labelDropout !== undefined && { labelDropout }),
  }
  const net = createUNet(full, { tensors, ...(prefix !== undefined && { prefix }) })
  return new Flow(net, { preconditioner: own?.preconditioner ?? edm(), classNames: readClassNames(metadata) })
}
