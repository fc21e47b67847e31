import { InvalidArgumentError } from 'commander'

/** The networks that measure, by their names on the command line. */
export const networks = ['inception', 'dinov2', 'clip', 'cifar', 'digits'] as const
export type NetworkName = (typeof networks)[number]

/** The networks whose weights are fetched, or are in a file of the user's. The others are shipped. */
const fetched: readonly string[] = ['inception', 'dinov2', 'clip']

/** A network that measures, and the file of its weights if the user named one. */
export interface FeatureSpace {
  network: NetworkName
  path?: string
}

/** `inception,dinov2=FILE` -> two feature spaces. A name that is no network's is a file of Inception's weights. */
export function parseFeatures(text: string): FeatureSpace[] {
  const spaces = text.split(',').map(part => parseSpace(part.trim()))
  const twice = spaces.find(({ network }, i) => spaces.findIndex(one => one.network === network) < i)
  if (twice) throw new InvalidArgumentError(`must name each network once, got '${twice.network}' twice.`)
  return spaces
}

function parseSpace(text: string): FeatureSpace {
  const [, name, path] = /^(\w+)=(.+)$/.exec(text) ?? []
  if (path !== undefined && fetched.includes(name!)) return { network: name as NetworkName, path }
  const network = networks.find(known => known === text)
  if (network) return { network }
  if (text === '')
    throw new InvalidArgumentError(`must be names of ${networks.join(', ')}, or a file, got ''.`)
  return { network: 'inception', path: text }
}

/**
 * The file of one feature space: with several, `ref.npz` stands for `ref.inception.npz`, `ref.clip.npz` and so on, so that each is
 * a file that other tools read.
 */
export function fileOf(path: string, { network }: FeatureSpace, spaces: readonly FeatureSpace[]): string {
  return spaces.length === 1 ? path : `${path.replace(/\.npz$/, '')}.${network}.npz`
}
