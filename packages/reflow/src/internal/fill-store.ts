import { checkInt, type OptionNames } from '@rectified-flow/core'
import type { PairRows, WritablePairs } from '@rectified-flow/datasets'

export interface FillOptions {
  /**
   * Which shards to make; the missing ones by default. `await store.missing({ part, parts })` gives the shards of one of
   * several independent processes; `(await store.verify()).map(({ shard }) => shard)` gives the damaged ones.
   */
  shards?: readonly number[]
  /** Pairs made at once. It changes only memory and speed. */
  batch?: number
  /** Called with the pairs that this call has made, and the number that it will make. */
  onProgress?: (done: number, count: number) => void
  /** Stops after the present batch; the next call makes the missing shards. */
  signal?: AbortSignal
  /** Run the sampler as one piece where the backend can (see `compile` of @rectified-flow/backends); true by default. */
  compile?: boolean
}

export const fillNames: OptionNames<FillOptions> = {
  shards: 'optional',
  batch: 'optional',
  onProgress: 'optional',
  signal: 'optional',
  compile: 'optional',
}

/** Make shards, each batch by batch. A shard's content depends only on its number. */
export async function fillStore(
  where: string,
  store: WritablePairs,
  { shards: given, batch = 128, onProgress, signal }: FillOptions,
  rows: (first: number, count: number) => Promise<PairRows>,
): Promise<void> {
  checkInt(where, 'batch', batch, 1)
  const shards = given ?? (await store.missing())
  const count = shards.reduce((sum, shard) => sum + store.range(shard).count, 0)
  let done = 0
  onProgress?.(done, count)
  for (const shard of shards) {
    const range = store.range(shard)
    const pieces: PairRows[] = []
    for (let made = 0; made < range.count; made += batch) {
      // Let the event loop run: on a synchronous backend nothing else, such as an abort, could happen before the end.
      await new Promise(resolve => setTimeout(resolve))
      signal?.throwIfAborted()
      const n = Math.min(batch, range.count - made)
      pieces.push(await rows(range.first + made, n))
      done += n
      onProgress?.(done, count)
    }
    await store.write(shard, concatRows(pieces))
  }
}

function concatRows(pieces: readonly PairRows[]): PairRows {
  const noise = pieces.flatMap(piece => (piece.noise ? [piece.noise] : []))
  const labels = pieces.flatMap(piece => (piece.labels ? [...Array.from(piece.labels)] : []))
  const measured = Object.keys(pieces[0]?.quality ?? {}).map((name): [string, Float32Array] => [
    name,
    concat(pieces.map(piece => piece.quality![name]!)),
  ])
  return {
    images: concat(pieces.map(piece => piece.images)),
    ...(labels.length > 0 && { labels }),
    ...(noise.length > 0 && { noise: concat(noise) }),
    ...(measured.length > 0 && { quality: Object.fromEntries(measured) }),
  }
}

function concat<T extends Uint8Array | Float32Array>(arrays: readonly T[]): T {
  const first = arrays[0]!
  const length = arrays.reduce((sum, array) => sum + array.length, 0)
  const whole = (first instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length)) as T
  let at = 0
  for (const array of arrays) {
    whole.set(array, at)
    at += array.length
  }
  return whole
}
