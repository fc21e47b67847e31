import { join } from 'node:path'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { checkInt, checkOptions, type OptionNames, type Pairs } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import { checkIndices } from '../internal/check-indices.js'
import { pairTensors } from '../internal/pair-tensors.js'
import type { FullPairPlan } from '../pair-plan.js'
import type { IndexedPairs, MeasuredPairs, PairRows, WritablePairs } from '../pair-source.js'
import { folderNames } from './internal/named-file.js'
import { decodeQuality, decodeRows, encodeShard, isMeasure, shardRows } from './pair-shard.js'
import { shardProblem } from './shard-layout.js'
import { ShardReader } from './shard-reader.js'

/** Which shards of a store a writer makes: those with `shard % parts === part`. */
export interface StorePart {
  part?: number
  parts?: number
}

const storePartNames: OptionNames<StorePart> = {
  part: 'optional',
  parts: 'optional',
}

export interface VerifyOptions extends StorePart {
  onShard?: (done: number, shards: number) => void
}

const verifyNames: OptionNames<VerifyOptions> = {
  ...storePartNames,
  onShard: 'optional',
}

/** A missing or damaged shard. */
export interface ShardProblem {
  shard: number
  path: string
  problem: string
}

/**
 * Pairs on disk, in shards: the plan, `pairs.json`, which never changes, and one safetensors file for each shard. Writers
 * need no coordination: a shard has the same bytes whichever writer makes it, and a file gets its name when it is whole.
 */
export class PairStore implements IndexedPairs<tf.Tensor4D>, MeasuredPairs, WritablePairs {
  readonly count: number
  /** How many shards there are. */
  readonly shards: number
  readonly #reader: ShardReader

  /** Use `createPairStore` or `openPairStore`. */
  constructor(
    readonly directory: string,
    readonly plan: FullPairPlan,
  ) {
    this.count = plan.count
    this.shards = Math.ceil(plan.count / plan.shardSize)
    this.#reader = new ShardReader(plan, shard => this.path(shard))
  }

  /** The file of a shard, named after its first pair. */
  path(shard: number): string {
    return join(this.directory, `pairs-${String(shard * this.plan.shardSize).padStart(9, '0')}.safetensors`)
  }

  /** Index of a shard's first pair, and how many pairs it has. Their noise is made from these indices. */
  range(shard: number): { first: number; count: number } {
    checkInt('datasets.PairStore.range', 'shard', shard, 0, this.shards - 1)
    return { first: shard * this.plan.shardSize, count: shardRows(this.plan, shard) }
  }

  /** The shards (of this part) that are not yet written, in order. Only file names are checked. */
  async missing(options: StorePart = {}): Promise<number[]> {
    const where = 'datasets.PairStore.missing'
    checkOptions(where, options, storePartNames)
    const { part = 0, parts = 1 } = options
    const mine = this.#shardsOf(where, part, parts)
    const names = await folderNames(where, 'directory', this.directory)
    const there = new Set(names.map(name => join(this.directory, name)))
    return mine.filter(shard => !there.has(this.path(shard)))
  }

  /** Write one shard. Its file is whole or not there; an existing shard is replaced. */
  async write(shard: number, rows: PairRows): Promise<void> {
    const where = 'datasets.PairStore.write'
    checkInt(where, 'shard', shard, 0, this.shards - 1)
    await writeFileWhole(this.path(shard), encodeShard(where, this.plan, shard, rows))
    this.#reader.forget(shard)
  }

  /** Read every shard (of this part) and check every byte. Gives the missing and damaged shards: write these again. */
  async verify(options: VerifyOptions = {}): Promise<ShardProblem[]> {
    checkOptions('datasets.PairStore.verify', options, verifyNames)
    const { part = 0, parts = 1, onShard } = options
    const mine = this.#shardsOf('datasets.PairStore.verify', part, parts)
    const problems: ShardProblem[] = []
    for (const [done, shard] of mine.entries()) {
      const path = this.path(shard)
      const problem = await shardProblem(this.plan, shard, path)
      if (problem) problems.push({ shard, path, problem })
      onShard?.(done + 1, mine.length)
    }
    return problems
  }

  /**
   * The stored rows of the pairs at these indices, in this order; an index may come twice. A shard is checked, every byte,
   * before its first row is read.
   */
  async read(indices: ArrayLike<number>): Promise<PairRows> {
    checkIndices('datasets.PairStore.read', indices, this.count)
    return decodeRows(this.plan, await this.#reader.read(indices))
  }

  /** The pairs at these indices as tensors: x and z [B,H,W,C], one-hot labels [B,classes] if there are classes. */
  async batch(indices: ArrayLike<number>): Promise<Pairs<tf.Tensor4D>> {
    return pairTensors(this.plan, indices, await this.read(indices))
  }

  /**
   * What was measured of each pair, by name, [count] each: the plan's `quality`. Images are not read, but every shard is checked once, as
   * in `read`.
   */
  async quality(): Promise<Record<string, Float32Array>> {
    if (!this.plan.quality)
      throw new RangeError(
        `datasets.PairStore.quality: the store's plan must have quality, got none in '${this.directory}'.`,
      )
    const all = Int32Array.from({ length: this.count }, (_, i) => i)
    return decodeQuality(this.plan, await this.#reader.read(all, isMeasure))
  }

  /** Close the files that are open. Safe to call twice. */
  close(): Promise<void> {
    return this.#reader.close()
  }

  #shardsOf(where: string, part: number, parts: number): number[] {
    checkInt(where, 'parts', parts, 1)
    checkInt(where, 'part', part, 0, parts - 1)
    return Array.from({ length: this.shards }, (_, shard) => shard).filter(shard => shard % parts === part)
  }
}
