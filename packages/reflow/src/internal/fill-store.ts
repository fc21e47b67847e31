import { checkInt } from '@rectified-flow/core'
import type { PairRows, WritablePairs } from '@rectified-flow/datasets'

export interface FillOptions {
  /**
   * Which shards to make; those that are missing unless told. `await store.missing({ part, parts })` are those of one of
   * several processes, none of which needs to know of the others; `(await store.verify()).map(({ shard }) => shard)` are
   * those that were damaged.
   */
  shards?: readonly number[]
  /** Pairs made at once: a matter of memory and speed only. */
  batch?: number
  /** Pairs done and to be done by this call. */
  onProgress?: (done: number, count: number) => void
  /** Stops after the batch in hand; what is missing is made by the next call. */
  signal?: AbortSignal
  /** Run the sampler as one piece where the backend can (see `compile` of @rectified-flow/backends); true unless told. */
  compile?: boolean
}

/** Make shards, batch by batch within a shard: what is in one depends on its number alone. */
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
      // A turn of the event loop: where everything computes at once, nothing else could happen meanwhile, an abort neither.
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
  return {
    images: concat(pieces.map(piece => piece.images)),
    ...(labels.length > 0 && { labels }),
    ...(noise.length > 0 && { noise: concat(noise) }),
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
