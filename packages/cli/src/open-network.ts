import { readCheckpointFile } from '@rectified-flow/checkpoints/node'
import { type Flow, flowOf, shippedNetworks } from '@rectified-flow/flow'
import { shippedFile } from '@rectified-flow/flow/node'
import { configFromReference, presets, type UNetConfig } from '@rectified-flow/unet'
import { Option } from 'commander'
import { described } from './described.js'
import { checkFile, inputHash, inside, readInput } from './input-file.js'
import { limit, type MaxBytesFlag, maxBytesOption } from './max-bytes-option.js'

const shipped = Object.keys(shippedNetworks).join(', ')

/** A configuration has some hundred bytes. */
const MOST_JSON = 2 ** 20

export interface NetworkOptions extends MaxBytesFlag {
  network: string
  config?: string
  preset?: keyof typeof presets
  prefix?: string
}

/** `--network FILE`, and two options that say how the network is built, for files that don't say so. */
export function networkOptions(): Option[] {
  return [
    new Option(
      '--network <file>',
      `.safetensors, .pth or an EDM .pkl; or the shipped ${shipped}`,
    ).makeOptionMandatory(),
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
export async function openNetwork(flags: NetworkOptions): Promise<Flow> {
  const { network: name, config, preset } = flags
  const given = preset ? presets[preset] : config ? await referenceConfig(config) : undefined
  const words = { name: '--network', hint: '--config or --preset' }
  return readNetwork(shippedFile(name) ?? name, { ...flags, ...words, config: given })
}

/** A short hash of a network's file, for a record of what it made. */
export function networkHash({ network: name }: NetworkOptions): Promise<string> {
  return inputHash('--network', shippedFile(name) ?? name)
}

interface ReadOptions extends MaxBytesFlag {
  /** The network's configuration, if it doesn't come from the file. */
  config: UNetConfig | undefined
  prefix?: string | undefined
  dropout?: number | undefined
  labelDropout?: number | undefined
  /** How the command line calls the file, for an error. */
  name: string
  /** Where a configuration can be given, for an error. */
  hint: string
}

/** The network in a file. */
export async function readNetwork(
  path: string,
  { config, prefix, dropout, labelDropout, name, hint, maxBytes }: ReadOptions,
): Promise<Flow> {
  await checkFile(name, path)
  const checkpoint = await readCheckpointFile(path, limit(maxBytes))
  const file = `${name} '${path}'`
  if (!config && !checkpoint.network && !checkpoint.metadata.config)
    throw new RangeError(
      `${file} must hold its network's configuration, got only weights. Give it with ${hint}.`,
    )
  return inside(file, () =>
    flowOf(checkpoint, {
      ...(config && { config }),
      ...(prefix !== undefined && { prefix }),
      ...(dropout !== undefined && { dropout }),
      ...(labelDropout !== undefined && { labelDropout }),
    }),
  )
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
