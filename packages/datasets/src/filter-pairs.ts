import { checkFunction, checkKind } from '@rectified-flow/core'
import type { MeasuredPairs } from './pair-source.js'
import { type Part, partOf } from './part-of.js'

/**
 * The pairs whose measures satisfy a condition, as a part of their source: it can be split by `holdOut`, joined by `concatPairs`, and
 * filtered again.
 *
 *     const straight = await filterPairs(store, ({ length }) => length! < 1.05)
 *
 * @param source  pairs of which something was measured, such as a `PairStore` whose plan has `quality`
 * @param keep    of a pair's measures by name, and its index
 * @throws RangeError if no pair is kept
 */
export async function filterPairs<Source extends MeasuredPairs>(
  source: Source,
  keep: (measures: Readonly<Record<string, number>>, index: number) => boolean,
): Promise<Part<Source>> {
  const where = 'datasets.filterPairs'
  checkKind(where, 'source', source, 'pairs of which something was measured', ['count', 'quality'])
  checkFunction(where, 'keep', keep)
  const columns = Object.entries(await source.quality())
  const kept: number[] = []
  for (let i = 0; i < source.count; i++)
    if (keep(Object.fromEntries(columns.map(([name, values]) => [name, values[i]!])), i)) kept.push(i)
  if (kept.length === 0)
    throw new RangeError(`${where}: keep must keep at least 1 of ${source.count} pairs, got 0.`)
  return partOf(source, Int32Array.from(kept))
}
