import type { Rng, Rows } from '@rectified-flow/core'
import type { Communicator } from '../communicator.js'
import { rowStream } from './row-stream.js'

/** What a rank computes of every batch: some rows, in equal parts. */
export interface Share {
  rows: Rows
  parts: number
  /** The stream of part m, from that of the whole batch. */
  rngOf: (rng: Rng, m: number) => Rng
}

/**
 * Divide a batch among the ranks. Micro-batches are parts of the whole batch, each with its own stream, for any number of ranks: a
 * rank has some of them, or a piece of one.
 */
export function shareOf(
  where: string,
  { batch, microBatches }: { batch: number; microBatches: number },
  { rank, size }: Pick<Communicator, 'rank' | 'size'>,
): Share {
  if (batch % size !== 0)
    throw new RangeError(`${where}: batch must be a multiple of the ${size} ranks, got ${batch}.`)
  const count = batch / size
  const rows = { first: rank * count, count }
  const streamOf = (rng: Rng, part: number) => (microBatches === 1 ? rng : rng.fork(part))
  if (microBatches % size === 0) {
    const parts = microBatches / size
    return { rows, parts, rngOf: (rng, m) => streamOf(rng, rank * parts + m) }
  }
  const ranks = size / microBatches
  if (!Number.isInteger(ranks))
    throw new RangeError(
      `${where}: microBatches must divide the ${size} ranks or be a multiple of them, got ${microBatches}.`,
    )
  // Dropout rounds the count of its numbers up to an even one. A share of one row could not notice this, and would take other
  // numbers than the whole batch has for that row.
  if (count === 1)
    throw new RangeError(
      `${where}: batch must give each rank at least 2 samples, or microBatches must be ${batch}, got batch ${batch} on ${size} ranks.`,
    )
  const within = { first: (rank % ranks) * count, count }
  const part = Math.floor(rank / ranks)
  return { rows, parts: 1, rngOf: rng => rowStream(streamOf(rng, part), within, count * ranks) }
}
