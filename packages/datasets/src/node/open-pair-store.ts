import { join } from 'node:path'
import { makeFolder, writeFileWhole } from '@rectified-flow/checkpoints/node'
import { checkOptions, checkText, describe } from '@rectified-flow/core'
import { type FullPairPlan, type PairPlan, pairPlanNames } from '../pair-plan.js'
import { fileSize, inFile, readNamedFile, systemCode } from './internal/named-file.js'
import { checkSamePlan, fullPlan, manifestText, parseManifest } from './pair-manifest.js'
import { PairStore } from './pair-store.js'

const MANIFEST = 'pairs.json'

/**
 * Open the store of this plan in a directory for writing, and make it if it isn't there. Any number of processes may call
 * this at once, on one machine or on a shared disk.
 *
 *     const store = await createPairStore('pairs', { count: 1_000_000, seed: 0, shape: [32, 32, 3] })
 *     for (const shard of await store.missing({ part, parts })) await store.write(shard, { images })
 *
 * @throws RangeError if the directory has a store of another plan
 */
export async function createPairStore(directory: string, plan: PairPlan): Promise<PairStore> {
  const where = 'datasets.createPairStore'
  checkOptions(where, plan, pairPlanNames, 'plan')
  const want = fullPlan(where, plan)
  checkText(where, 'directory', directory)
  const path = join(directory, MANIFEST)
  await makeFolder(directory).catch((cause: NodeJS.ErrnoException) => {
    throw new RangeError(
      `${where}: directory must be a folder, or a place for one, got ${describe(directory)} (${cause.code}).`,
      { cause },
    )
  })
  await writeFileWhole(path, manifestText(want), { replace: false })
  const have = await readManifest(where, path)
  checkSamePlan(where, directory, have, want)
  return new PairStore(directory, have)
}

/**
 * Open a store for reading. It must have all its shards. Only the manifest and the names of the shards are read.
 *
 * @param incomplete  also open a store that lacks shards: to list these, or to verify or copy the others
 * @throws RangeError if there is no store, or if shards are missing; the error names them
 */
export async function openPairStore(
  directory: string,
  options: { incomplete?: boolean } = {},
): Promise<PairStore> {
  const where = 'datasets.openPairStore'
  checkOptions<{ incomplete?: boolean }>(where, options, { incomplete: 'optional' })
  const { incomplete = false } = options
  checkText(where, 'directory', directory)
  const path = join(directory, MANIFEST)
  await fileSize(where, MANIFEST, path).catch((error: Error) => {
    const code = systemCode(error) ?? 'no file'
    throw new RangeError(
      `${where}: directory must hold a pair store, got no ${MANIFEST} in ${describe(directory)} (${code}).`,
      { cause: error },
    )
  })
  const store = new PairStore(directory, await readManifest(where, path))
  const missing = incomplete ? [] : await store.missing()
  if (missing.length > 0) {
    const named = missing.slice(0, 5).join(', ')
    const more = missing.length > 5 ? ` and ${missing.length - 5} more` : ''
    throw new RangeError(
      `${where}: directory must hold all ${store.shards} shards, got none for shard ${named}${more} in ${describe(directory)}. ` +
        'Make them with createPairStore and write().',
    )
  }
  return store
}

async function readManifest(where: string, path: string): Promise<FullPairPlan> {
  const text = await readNamedFile(where, MANIFEST, path)
  return inFile(path, () => parseManifest(where, path, text.toString()))
}
