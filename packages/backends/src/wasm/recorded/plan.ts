import type { Life } from '../../compile/lives.js'

/** A cache line: tensors begin there, so that threads don't share one. */
const ALIGNMENT = 64

/** Where tensors are in one piece of memory. */
export interface Plan<Key> {
  bytes: number
  offsets: Map<Key, number>
}

/**
 * One piece of memory for tensors with these lives: those that live at the same time don't overlap. From the largest on, each
 * gets the smallest gap that fits between those that are placed already. (Pisarchyk and Lee, Efficient Memory Management for
 * Deep Neural Net Inference, arXiv 2001.03288, "greedy by size for offset calculation".)
 */
export function planOffsets<Key extends { bytes: number }>(lives: ReadonlyMap<Key, Life>): Plan<Key> {
  const placed: (Life & { offset: number; end: number })[] = [] // by offset
  const offsets = new Map<Key, number>()
  let bytes = 0
  for (const [key, { first, last }] of [...lives].sort(([a], [b]) => b.bytes - a.bytes)) {
    const size = ALIGNMENT * Math.max(1, Math.ceil(key.bytes / ALIGNMENT))
    let [best, smallest, end] = [-1, Infinity, 0]
    for (const other of placed) {
      if (other.last < first || other.first > last) continue
      const gap = other.offset - end
      if (gap >= size && gap < smallest) [best, smallest] = [end, gap]
      end = Math.max(end, other.end)
    }
    const offset = best < 0 ? end : best
    offsets.set(key, offset)
    bytes = Math.max(bytes, offset + size)
    const at = placed.findIndex(other => other.offset > offset)
    placed.splice(at < 0 ? placed.length : at, 0, { first, last, offset, end: offset + size })
  }
  return { bytes, offsets }
}
