import { type FileHandle, open } from 'node:fs/promises'
import type { FullPairPlan } from '../pair-plan.js'
import { columnsOf, shardRows } from './pair-shard.js'

const WHERE = 'datasets.PairStore.read'
const BYTES = { U8: 1, F16: 2, F32: 4, I32: 4 }

/** The byte in a shard's file at which each column's rows begin. */
type Layout = Map<string, number>

interface OpenShard {
  handle: Promise<FileHandle>
  users: number
}

/** Reads rows of shards by index, with at most `maxOpen` idle files open. No row of a shard stays in memory. */
export class ShardReader {
  readonly #plan: FullPairPlan
  readonly #pathOf: (shard: number) => string
  readonly #maxOpen
  readonly #layouts = new Map<number, Promise<Layout>>()
  readonly #opened = new Map<number, OpenShard>()
  readonly #columns: [name: string, rowBytes: number][]

  constructor(plan: FullPairPlan, pathOf: (shard: number) => string, maxOpen = 256) {
    this.#plan = plan
    this.#pathOf = pathOf
    this.#maxOpen = maxOpen
    this.#columns = Object.entries(columnsOf(plan)).map(([name, { dtype, row }]) => [
      name,
      row.reduce((a, b) => a * b, BYTES[dtype]),
    ])
  }

  /** The stored bytes of these pairs, by column, with the rows in the order of the indices. */
  async read(indices: ArrayLike<number>): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
    const out = new Map(this.#columns.map(([name, bytes]) => [name, new Uint8Array(indices.length * bytes)]))
    const places = new Map<number, number[]>()
    for (let place = 0; place < indices.length; place++) {
      const shard = Math.floor(indices[place]! / this.#plan.shardSize)
      const list = places.get(shard)
      if (list) list.push(place)
      else places.set(shard, [place])
    }
    await Promise.all([...places].map(([shard, list]) => this.#readShard(shard, list, indices, out)))
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
    out: Map<string, Uint8Array>,
  ): Promise<void> {
    const file = this.#acquire(shard)
    try {
      const handle = await file.handle
      const layout = await this.#layout(shard, handle)
      for (const [name, bytes] of this.#columns) {
        const target = out.get(name)!
        const start = layout.get(name)!
        for (const [first, run] of runs(places, indices)) {
          const row = indices[places[first]!]! % this.#plan.shardSize
          const at = places[first]! * bytes
          const { bytesRead } = await handle.read(target, at, run * bytes, start + row * bytes)
          if (bytesRead !== run * bytes)
            throw new RangeError(`${WHERE}: ${this.#pathOf(shard)} must be whole, got a truncated file.`)
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
    const file = this.#opened.get(shard) ?? { handle: open(this.#pathOf(shard)).catch(missing), users: 0 }
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

  #layout(shard: number, handle: FileHandle): Promise<Layout> {
    const known = this.#layouts.get(shard)
    if (known) return known
    const layout = readLayout(handle, this.#pathOf(shard), shardRows(this.#plan, shard), this.#columns)
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

async function readLayout(
  handle: FileHandle,
  path: string,
  rows: number,
  columns: readonly (readonly [name: string, rowBytes: number])[],
): Promise<Layout> {
  const { size } = await handle.stat()
  const lead = Buffer.alloc(8)
  await handle.read(lead, 0, 8, 0)
  const length = Number(lead.readBigUInt64LE())
  try {
    const text = Buffer.alloc(length <= size ? length : 0)
    await handle.read(text, 0, text.length, 8)
    const header = JSON.parse(text.toString()) as Record<string, { data_offsets: [number, number] }>
    const layout = new Map<string, number>()
    for (const [name, rowBytes] of columns) {
      const [start, end] = header[name]?.data_offsets ?? [0, 0]
      if (end - start !== rows * rowBytes || 8 + length + end > size) throw new RangeError(name)
      layout.set(name, 8 + length + start)
    }
    return layout
  } catch (cause) {
    throw new RangeError(
      `${WHERE}: ${path} must be a whole shard of this store, got a damaged file. Run verify().`,
      {
        cause,
      },
    )
  }
}

function missing(cause: NodeJS.ErrnoException): never {
  if (cause.code !== 'ENOENT') throw cause
  throw new RangeError(`${WHERE}: shards must be there to be read, got none at '${cause.path}'.`, { cause })
}
