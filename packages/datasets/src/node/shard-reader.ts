import type { FileHandle } from 'node:fs/promises'
import { describe } from '@rectified-flow/core'
import type { FullPairPlan } from '../pair-plan.js'
import { openNamedFile, systemCode } from './internal/named-file.js'
import { checkShard, rowBytes, type ShardLayout } from './shard-layout.js'

const WHERE = 'datasets.PairStore.read'

interface OpenShard {
  handle: Promise<FileHandle>
  users: number
}

/**
 * Reads rows of shards by index, with at most `maxOpen` idle files open. No row of a shard stays in memory. Before the first
 * row of a shard is read, every byte of the shard is checked.
 */
export class ShardReader {
  readonly #plan: FullPairPlan
  readonly #pathOf: (shard: number) => string
  readonly #maxOpen
  readonly #layouts = new Map<number, Promise<ShardLayout>>()
  readonly #opened = new Map<number, OpenShard>()
  readonly #columns: [name: string, rowBytes: number][]

  constructor(plan: FullPairPlan, pathOf: (shard: number) => string, maxOpen = 256) {
    this.#plan = plan
    this.#pathOf = pathOf
    this.#maxOpen = maxOpen
    this.#columns = rowBytes(plan)
  }

  /** The stored bytes of these pairs, by column (of those that are wanted), with the rows in the order of the indices. */
  async read(
    indices: ArrayLike<number>,
    wanted: (column: string) => boolean = () => true,
  ): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
    const places = new Map<number, number[]>()
    for (let place = 0; place < indices.length; place++) {
      const shard = Math.floor(indices[place]! / this.#plan.shardSize)
      const list = places.get(shard)
      if (list) list.push(place)
      else places.set(shard, [place])
    }
    const out = new Map<string, Uint8Array<ArrayBuffer>>()
    const columns = this.#columns.filter(([name]) => wanted(name))
    await Promise.all([...places].map(([shard, list]) => this.#readShard(shard, list, indices, columns, out)))
    return out
  }

  /** Close a shard's file, because it has been replaced; the next read opens it again. */
  forget(shard: number): void {
    const file = this.#opened.get(shard)
    this.#layouts.delete(shard)
    this.#opened.delete(shard)
    if (file) this.#closeUnused(file)
  }

  async close(): Promise<void> {
    const handles = [...this.#opened.values()].map(({ handle }) => handle)
    this.#opened.clear()
    await Promise.allSettled(handles.map(async handle => (await handle).close()))
  }

  async #readShard(
    shard: number,
    places: readonly number[],
    indices: ArrayLike<number>,
    columns: readonly [name: string, rowBytes: number][],
    out: Map<string, Uint8Array<ArrayBuffer>>,
  ): Promise<void> {
    const file = this.#acquire(shard)
    try {
      const handle = await file.handle
      const layout = await this.#layout(shard, handle)
      for (const [name, bytes] of columns) {
        // Memory is taken when a shard is there whose size fits the plan: a plan may say anything.
        const target = out.get(name) ?? new Uint8Array(indices.length * bytes)
        out.set(name, target)
        const start = layout.get(name)!
        for (const [first, run] of runs(places, indices)) {
          const row = indices[places[first]!]! % this.#plan.shardSize
          const at = places[first]! * bytes
          const { bytesRead } = await handle.read(target, at, run * bytes, start + row * bytes)
          if (bytesRead !== run * bytes)
            throw damaged(this.#pathOf(shard), new Error('damaged: it ends early'))
        }
      }
    } catch (error) {
      this.forget(shard) // when the shard is made again, its new file must be opened
      throw error
    } finally {
      file.users--
      if (this.#opened.get(shard) !== file) this.#closeUnused(file)
      this.#evict()
    }
  }

  #acquire(shard: number): OpenShard {
    const file = this.#opened.get(shard) ?? { handle: openShard(this.#pathOf(shard)), users: 0 }
    this.#opened.delete(shard) // set again below, at the end: the map is in order of last use
    this.#opened.set(shard, file)
    file.users++
    return file
  }

  #evict(): void {
    for (const [shard, file] of this.#opened) {
      if (this.#opened.size <= this.#maxOpen) return
      if (file.users > 0) continue
      this.#opened.delete(shard)
      this.#closeUnused(file)
    }
  }

  #closeUnused({ handle, users }: OpenShard): void {
    if (users === 0) handle.then(open => open.close()).catch(() => {}) // fails if the file could not be opened
  }

  #layout(shard: number, handle: FileHandle): Promise<ShardLayout> {
    const known = this.#layouts.get(shard)
    if (known) return known
    const layout = checkShard(handle, this.#plan, shard).catch(cause => {
      throw damaged(this.#pathOf(shard), cause)
    })
    this.#layouts.set(shard, layout)
    return layout
  }
}

/** Runs of rows that follow each other both in the file and in the answer; each run is read at once. */
function* runs(
  places: readonly number[],
  indices: ArrayLike<number>,
): Generator<[first: number, length: number]> {
  let first = 0
  for (let i = 1; i <= places.length; i++) {
    const [before, here] = [places[i - 1]!, places[i]!]
    if (i < places.length && here === before + 1 && indices[here] === indices[before]! + 1) continue
    yield [first, i - first]
    first = i
  }
}

function openShard(path: string): Promise<FileHandle> {
  return openNamedFile(WHERE, 'shard', path).catch(cause => {
    if (systemCode(cause) !== 'ENOENT') throw cause
    throw new RangeError(`${WHERE}: shards must be there to be read, got none at ${describe(path)}.`, {
      cause,
    })
  })
}

function damaged(path: string, cause: Error): RangeError {
  return new RangeError(
    `${WHERE}: ${describe(path)} must be a whole shard of this store, got one that is ${cause.message}. Run verify().`,
    { cause },
  )
}
