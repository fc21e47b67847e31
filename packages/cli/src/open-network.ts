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
import { described } from './described.js'
import { checkFile, inside, readInput } from './input-file.js'
import { limit, type MaxBytesFlag, maxBytesOption } from './max-bytes-option.js'

/** A configuration has some hundred bytes. */
const MOST_JSON = 2 ** 20

export interface NetworkOptions extends MaxBytesFlag {
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
    maxBytesOption(),
  ]
}

/**
 * Open a network. Files of this library and EDM pickles hold the network's configuration. Other files (.pth, or safetensors
 * from elsewhere) hold only weights: they need a configuration, and get EDM's preconditioning, as in 2-rectified flow++.
 */
export async function openNetwork(flags: NetworkOptions): Promise<OpenedNetwork> {
  const { network: path, config, preset } = flags
  const given = preset ? presets[preset] : config ? await referenceConfig(config) : undefined
  const names = { name: '--network', hint: '--config or --preset' }
  const { net, network } = await readNetwork(path, { ...flags, ...names, config: given })
  const preconditioner = network ? configFromEdm(network).preconditioner : edm()
  return {
    net,
    velocity: options => networkVelocity(net, preconditioner, options),
    denoiser: options => networkDenoiser(net, preconditioner, options),
  }
}

interface ReadOptions extends MaxBytesFlag {
  /** The network's configuration, if it doesn't come from the file. */
  config: UNetConfig | undefined
  prefix?: string | undefined
  /** Options that replace those of the configuration. */
  more?: Partial<UNetConfig>
  /** How the command line calls the file, for an error. */
  name: string
  /** Where a configuration can be given, for an error. */
  hint: string
}

/** The network in a file, and what an EDM pickle says of it. */
export async function readNetwork(
  path: string,
  { config, prefix, more, name, hint, maxBytes }: ReadOptions,
): Promise<{ net: UNet; network?: Checkpoint['network'] }> {
  await checkFile(name, path)
  const { tensors, metadata, network } = await readCheckpointFile(path, limit(maxBytes))
  const file = `${name} '${path}'`
  const chosen = config ?? (await inside(file, () => configOf({ metadata, network })))
  if (!chosen)
    throw new RangeError(
      `${file} must hold its network's configuration, got only weights. Give it with ${hint}.`,
    )
  const full = { ...chosen, ...more } as UNetConfig
  const source = { tensors, ...(prefix !== undefined && { prefix }) }
  return { net: await inside(file, () => createUNet(full, source)), network }
}

/** The network's configuration, if the file has it: files of this library and EDM pickles do. */
function configOf({ metadata, network }: Pick<Checkpoint, 'metadata' | 'network'>): UNetConfig | undefined {
  if (network) return configFromEdm(network).config
  return metadata.config
    ? (parseObject("the metadata's config", metadata.config) as unknown as UNetConfig)
    : undefined
}

async function referenceConfig(path: string): Promise<UNetConfig> {
  const json = parseObject(`--config '${path}'`, String(await readInput('--config', path, MOST_JSON)))
  return inside(`--config '${path}'`, () => configFromReference(json))
}

function parseObject(what: string, text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {}
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new RangeError(`${what} must be a JSON object, got ${described(text)}.`)
}
