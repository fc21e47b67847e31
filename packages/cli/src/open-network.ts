import { readFile } from 'node:fs/promises'
import type { Checkpoint } from '@rectified-flow/checkpoints'
import { readCheckpointFile } from '@rectified-flow/checkpoints/node'
import type { Denoiser, Field } from '@rectified-flow/core'
import {
  configFromEdm,
  configFromReference,
  createUNet,
  edm,
  type ForwardOptions,
  networkDenoiser,
  networkVelocity,
  presets,
  type UNet,
  type UNetConfig,
} from '@rectified-flow/unet'
import { Option } from 'commander'

export interface NetworkOptions {
  network: string
  config?: string
  preset?: keyof typeof presets
  prefix?: string
}

/** A network from a file, and the two functions that commands use: its velocity and its denoiser. */
export interface OpenedNetwork {
  net: UNet
  velocity(options?: ForwardOptions): Field
  denoiser(options?: ForwardOptions): Denoiser
}

/** `--network FILE`, and two options that say how the network is built, for files that don't say so. */
export function networkOptions(): Option[] {
  return [
    new Option('--network <file>', 'weights: .safetensors, .pth, or an EDM .pkl').makeOptionMandatory(),
    new Option('--config <file>', "the network's JSON in the reference's format, for files without it"),
    new Option('--preset <name>', 'instead of --config: one of the published networks')
      .choices(Object.keys(presets))
      .conflicts('config'),
    new Option(
      '--prefix <text>',
      "what the names of its weights begin with, such as 'ema.' (default: found)",
    ),
  ]
}

/**
 * Open a network. Files of this library and EDM pickles hold the network's configuration. Other files (.pth, or safetensors
 * from elsewhere) hold only weights: they need a configuration, and get EDM's preconditioning, as in 2-rectified flow++.
 */
export async function openNetwork({
  network: path,
  config,
  preset,
  prefix,
}: NetworkOptions): Promise<OpenedNetwork> {
  const given = preset ? presets[preset] : config && configFromReference(await readJson(config))
  const { net, network } = await readNetwork(path, {
    config: given || undefined,
    prefix,
    hint: '--config or --preset',
  })
  const preconditioner = network ? configFromEdm(network).preconditioner : edm()
  return {
    net,
    velocity: options => networkVelocity(net, preconditioner, options),
    denoiser: options => networkDenoiser(net, preconditioner, options),
  }
}

interface ReadOptions {
  /** The network's configuration, if it doesn't come from the file. */
  config: UNetConfig | undefined
  prefix: string | undefined
  /** Options that replace those of the configuration. */
  more?: Partial<UNetConfig>
  /** Where a configuration can be given, for an error. */
  hint: string
}

/** The network in a file, and what an EDM pickle says of it. */
export async function readNetwork(
  path: string,
  { config, prefix, more, hint }: ReadOptions,
): Promise<{ net: UNet; network?: Checkpoint['network'] }> {
  const { tensors, metadata, network } = await readCheckpointFile(path)
  const chosen = config ?? configOf({ metadata, network })
  if (!chosen)
    throw new RangeError(`'${path}' holds only weights: say with ${hint} which network they belong to.`)
  const full = { ...chosen, ...more } as UNetConfig
  return { net: createUNet(full, { tensors, ...(prefix !== undefined && { prefix }) }), network }
}

/** The network's configuration, if the file has it: files of this library and EDM pickles do. */
function configOf({ metadata, network }: Pick<Checkpoint, 'metadata' | 'network'>): UNetConfig | undefined {
  if (network) return configFromEdm(network).config
  return metadata.config ? (JSON.parse(metadata.config) as UNetConfig) : undefined
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new RangeError(`'${path}' could not be read: ${cause.message}`, { cause })
  })
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch (cause) {
    throw new RangeError(`'${path}' must be JSON: ${(cause as Error).message}`, { cause })
  }
}
