import { checkNumber, checkOptions, type OptionNames } from '@rectified-flow/core'
import { type Part, partOf } from './part-of.js'

export interface HoldOutOptions {
  /** The share of the source that is held out, in (0, 1). */
  share: number
}

const holdOutNames: OptionNames<HoldOutOptions> = { share: 'required' }

/**
 * Split images or pairs in two: a part to train on, and a part that is held out, to validate on.
 *
 *     const { training, heldOut } = holdOut(await openImages('photos', { resolution: 32 }), { share: 0.05 })
 *
 * The indices that are held out are spread evenly, so that a source in the order of its classes has all classes in both parts:
 * index i is held out if a multiple of 1 / share is in (i, i + 1]. So an index stays in its part when the source grows. Both
 * parts read from the source, and closing one of them closes it.
 *
 * @param source  an `ImageSource`, a `PairSet`, a `PairStore`, or any object with `count` and `read` or `batch`
 */
export function holdOut<Source extends { readonly count: number }>(
  source: Source,
  options: HoldOutOptions,
): { training: Part<Source>; heldOut: Part<Source> } {
  const where = 'datasets.holdOut'
  checkOptions(where, options, holdOutNames)
  const { share } = options
  checkNumber(where, 'share', share, 0, 1)
  const parts: [training: number[], heldOut: number[]] = [[], []]
  for (let i = 0; i < source.count; i++)
    parts[Math.floor((i + 1) * share) > Math.floor(i * share) ? 1 : 0].push(i)
  const [training, heldOut] = parts.map(indices => Int32Array.from(indices)) as [Int32Array, Int32Array]
  if (training.length === 0 || heldOut.length === 0)
    throw new RangeError(
      `${where}: share must leave both parts some of ${source.count}, got ${share}, which holds out ${heldOut.length}.`,
    )
  return { training: partOf(source, training), heldOut: partOf(source, heldOut) }
}
