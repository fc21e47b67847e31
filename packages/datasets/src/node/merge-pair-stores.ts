import { readFile } from 'node:fs/promises'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { describe } from '@rectified-flow/core'
import { createPairStore, openPairStore } from './open-pair-store.js'
import { checkSamePlan } from './pair-manifest.js'
import type { PairStore } from './pair-store.js'
import { shardProblem } from './shard-layout.js'

/**
 * Copy shards of one plan, made in several directories, into one directory. Each shard is checked, then copied unchanged;
 * shards that the target already has are skipped. Stores of different plans can't be merged: read them with `concatPairs`.
 *
 * @param target   a directory; if there is a store in it, it must have the same plan
 * @param sources  directories of stores
 * @returns        the target; its `missing()` gives the shards that it still lacks
 * @throws RangeError that names a damaged shard, or for a source of another plan, before that shard or source is copied
 */
export async function mergePairStores(target: string, sources: readonly string[]): Promise<PairStore> {
  const where = 'datasets.mergePairStores'
  if (sources.length === 0) throw new RangeError(`${where}: sources must name at least 1 store, got 0.`)
  const stores = await Promise.all(sources.map(source => openPairStore(source, { incomplete: true })))
  const { plan } = stores[0]!
  for (const store of stores) checkSamePlan(where, sources[0]!, plan, store.plan)
  const merged = await createPairStore(target, plan)
  for (const store of stores) {
    const absent = new Set(await store.missing())
    for (const shard of await merged.missing()) {
      if (absent.has(shard)) continue
      const path = store.path(shard)
      const problem = await shardProblem(plan, shard, path)
      if (problem)
        throw new RangeError(`${where}: ${describe(path)} must be a whole shard, got one that is ${problem}.`)
      await writeFileWhole(merged.path(shard), await readFile(path))
    }
  }
  return merged
}
