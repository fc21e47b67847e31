import type { BackendName } from '@rectified-flow/backends'
import type { PairPlan } from '@rectified-flow/datasets'
import { createPairStore, openPairStore, type PairStore } from '@rectified-flow/datasets/node'
import type { FillOptions } from '@rectified-flow/reflow'
import type { Command } from 'commander'
import { backendOption, startBackend } from './backend-option.js'
import { checkOutput } from './check-output.js'
import { parseInteger } from './parse.js'
import { withProgress } from './progress.js'
import { type Shard, shardOf, shardOption } from './shard.js'
import { runWorkers, wantsWorkers, workersOption } from './workers.js'

/** A store's folder has a file for each shard. */
const MOST_SHARDS = 1_000_000

export interface StoreFlags {
  out: string
  shardSize: number
  verify?: boolean
  batch: number
  shard?: Shard
  workers: number
  backend?: BackendName
}

/** The plan of a store, and the function that makes its pairs. */
export interface Filling {
  plan: Omit<PairPlan, 'shardSize'>
  fill(store: PairStore, options: FillOptions): Promise<void>
  close?(): Promise<void>
}

/** The flags of every command that fills a pair store. */
export function addStoreOptions(command: Command): Command {
  return command
    .requiredOption('--out <folder>', 'the store')
    .option('--shard-size <n>', 'pairs in a file', parseInteger(1), 1024)
    .option('--verify', 'read the files that are there too, and make damaged ones again')
    .option('--batch <n>', 'images at a time', parseInteger(1), 64)
    .addOption(shardOption())
    .addOption(workersOption())
    .addOption(backendOption())
}

/** Make the shards that this process's share of a store lacks, here or in workers, and print how much is still missing. */
export async function fillPairStore(flags: StoreFlags, open: () => Promise<Filling>): Promise<void> {
  await checkOutput('--out', flags.out, 'folder')
  const { name } = await startBackend(flags.backend)
  const shard = shardOf(flags.shard)
  const made = wantsWorkers(flags.workers)
    ? await runWorkers(flags.workers, shard, name)
    : await fillShare(flags, shard, await open())
  const missing = (await (await openPairStore(flags.out, { incomplete: true })).missing()).length
  console.log(
    `${made} pairs made; ${missing === 0 ? `${flags.out} is complete` : `${missing} shards are still missing`}`,
  )
}

async function fillShare(
  { out, shardSize, verify, batch }: StoreFlags,
  { index: part, count: parts }: Shard,
  { plan, fill, close }: Filling,
): Promise<number> {
  const least = Math.ceil(plan.count / MOST_SHARDS)
  if (shardSize < least)
    throw new RangeError(`--shard-size must be at least ${least} for ${plan.count} pairs, got ${shardSize}.`)
  const store = await createPairStore(out, { ...plan, shardSize })
  const shards = verify
    ? (await store.verify({ part, parts })).map(({ shard }) => shard)
    : await store.missing({ part, parts })
  const total = shards.reduce((sum, shard) => sum + store.range(shard).count, 0)
  try {
    await withProgress({ title: 'pairs', total, unit: 'pairs' }, async update => {
      update(0)
      await fill(store, { shards, batch, onProgress: done => update(done) })
    })
  } finally {
    await close?.()
  }
  return total
}
