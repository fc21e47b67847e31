import { type Chosen, type Coupling, makeChosen, type Rng } from '@rectified-flow/core'
import { holdOut, type ImageSource, type IndexedPairs } from '@rectified-flow/datasets'
import { type CouplingContext, couplings } from '@rectified-flow/reflow'
import { inside } from './input-file.js'
import { type DataOptions, type NetworkInput, openDataFor } from './open-data.js'
import { openPairsFor, type Ranges } from './open-pairs.js'
import type { TrainConfig } from './train-config.js'
import { warn } from './warn.js'

export interface OpenedCoupling {
  coupling: Coupling
  heldOut?: Coupling
  /** The names of the classes, if the data have them. */
  classNames: readonly string[] | undefined
  close(): Promise<void>
}

/** The coupling of a configuration, over its pairs or its images, as the network takes them. */
export async function openCoupling(
  { coupling: { pairs, data, resolution, keep, ...chosen }, heldOut: share, maxBytes }: TrainConfig,
  net: NetworkInput,
  rng: Rng,
): Promise<OpenedCoupling> {
  const source =
    pairs === undefined
      ? await openData(data!, net, { resolution, maxBytes })
      : await openPairs(pairs, net, keep)
  const { close, plain, classes } = source
  if (net.labelDim > 0 && classes === undefined)
    warn(
      `the network has ${net.labelDim} classes, but '${pairs ?? data}' has no labels: it trains without any.`,
    )
  const over = (given: Partial<CouplingContext>, rng: Rng) => {
    const make = (choice: Chosen, coupling?: Coupling) =>
      makeChosen<Coupling, CouplingContext>('coupling', couplings, choice, { ...given, rng, coupling })
    return make(chosen, make({ name: plain }))
  }
  const classNames = source.data?.classNames
  if (share === undefined) return { coupling: over(source, rng), classNames, close }
  const [training, heldOut] = await inside('heldOut', () => split(source, share))
  return { coupling: over(training, rng), heldOut: over(heldOut, rng.fork('held out')), classNames, close }
}

/** What to train on, and what to validate on. */
function split({ pairs, data }: Source, share: number): [Partial<CouplingContext>, Partial<CouplingContext>] {
  if (pairs) {
    const { training, heldOut } = holdOut(pairs, { share })
    return [{ pairs: training }, { pairs: heldOut }]
  }
  const { training, heldOut } = holdOut(data!, { share })
  return [{ data: training }, { data: heldOut }]
}

/** Where pairs come from, and the name of the coupling that uses them unchanged. */
interface Source {
  pairs?: IndexedPairs
  data?: ImageSource
  classes?: number | undefined
  plain: 'stored' | 'independent'
  close(): Promise<void>
}

async function openPairs(path: string, net: NetworkInput, keep?: Ranges): Promise<Source> {
  const pairs = await openPairsFor(net, path, keep)
  return { pairs, classes: pairs.classes, plain: 'stored', close: () => pairs.close() }
}

async function openData(path: string, net: NetworkInput, options: DataOptions): Promise<Source> {
  const data = await openDataFor(net, path, { ...options, whole: true })
  return { data, classes: data.classes, plain: 'independent', close: () => data.close() }
}
