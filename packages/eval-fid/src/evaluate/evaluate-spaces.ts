import { checkInt, checkKind, checkOptions, type Features, type OptionNames } from '@rectified-flow/core'
import type { Extractor } from '../extractor.js'
import type { ImageBatches } from '../image-batches.js'
import {
  type CompareOptions,
  chosen,
  type EvaluateOptions,
  type Evaluation,
  evaluateMeasurement,
} from './evaluate.js'
import { measureSpaces } from './measure-images.js'

/** A network, and what its features of other images are compared with. */
export interface ComparedSpace extends Pick<CompareOptions, 'reference' | 'metrics' | 'validation'> {
  extractor: Features | Extractor
}

const spaceNames: OptionNames<ComparedSpace> = {
  extractor: 'required',
  reference: 'required',
  metrics: 'optional',
  validation: 'optional',
}

export type EvaluateSpacesOptions = Omit<EvaluateOptions, 'reference' | 'metrics' | 'validation'>

const evaluateSpacesNames: OptionNames<EvaluateSpacesOptions> = {
  seed: 'optional',
  distance: 'optional',
  versions: 'optional',
  atLeast: 'optional',
  onProgress: 'optional',
}

/** The results in each feature space, and the mean of their ratios if every space has validation images. */
export interface SpacesEvaluation<Name extends string = string> {
  spaces: Record<Name, Evaluation>
  meanRatio?: number
}

/**
 * `evaluate` in several feature spaces, in one pass over the images: a network that misjudges images, or was trained against, is
 * seen beside others.
 *
 * @param spaces  by their names
 * @param images  batches [B,H,W,C] of one size, in [-1,1]; each batch is disposed
 */
export async function evaluateSpaces<Name extends string>(
  spaces: Readonly<Record<Name, ComparedSpace>>,
  images: ImageBatches,
  options: EvaluateSpacesOptions = {},
): Promise<SpacesEvaluation<Name>> {
  const where = 'eval-fid.evaluateSpaces'
  checkOptions(where, options, evaluateSpacesNames)
  checkKind(where, 'spaces', spaces, 'an object of feature spaces by their names', [])
  const { atLeast = 2, onProgress, ...rest } = options
  checkInt(where, 'atLeast', atLeast, 1)
  const list = Object.entries<ComparedSpace>(spaces)
  if (list.length === 0) throw new RangeError(`${where}: spaces must hold at least 1 feature space, got 0.`)
  const measuring = list.map(([name, space]) => {
    checkOptions(where, space, spaceNames, `spaces.${name}`)
    const keep = chosen(space).map(([, { needs }]) => needs)
    return [name, { extractor: space.extractor, keep }] as const
  })
  const measured = await measureSpaces(Object.fromEntries(measuring), images, onProgress && { onProgress })
  const evaluations: Record<string, Evaluation> = {}
  for (const [name, { extractor: _, ...comparing }] of list) {
    const one = measured[name]!
    if (one.images < atLeast)
      throw new RangeError(`${where}: images must hold at least ${atLeast} images, got ${one.images}.`)
    evaluations[name] = await evaluateMeasurement(one, { ...comparing, ...rest })
  }
  const ratio = meanRatio(Object.values(evaluations))
  return {
    spaces: evaluations as Record<Name, Evaluation>,
    ...(ratio !== undefined && { meanRatio: ratio }),
  }
}

/**
 * The mean over feature spaces of the ratios of their Fréchet distances (FDr), if each has one.
 *
 * @see Representation Fréchet Loss for Visual Generation, arXiv 2604.28190
 */
export function meanRatio(evaluations: readonly Evaluation[]): number | undefined {
  const ratios = evaluations.flatMap(({ ratio }) => ratio ?? [])
  if (ratios.length < evaluations.length || ratios.length === 0) return undefined
  return ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length
}
