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
  // Those that are placed, by offset. Each looks at all of them, so they are columns, which halves the time of objects.
  const [firsts, lasts] = [new Int32Array(lives.size), new Int32Array(lives.size)]
  const [begins, ends] = [new Float64Array(lives.size), new Float64Array(lives.size)]
  const offsets = new Map<Key, number>()
  let bytes = 0
  for (const [key, { first, last }] of [...lives].sort(([a], [b]) => b.bytes - a.bytes)) {
    const size = ALIGNMENT * Math.max(1, Math.ceil(key.bytes / ALIGNMENT))
    const count = offsets.size
    let [best, smallest, end] = [-1, Infinity, 0]
    for (let i = 0; i < count; i++) {
      if (lasts[i]! < first || firsts[i]! > last) continue
      const gap = begins[i]! - end
      if (gap >= size && gap < smallest) [best, smallest] = [end, gap]
      if (ends[i]! > end) end = ends[i]!
    }
    const offset = best < 0 ? end : best
    let at = count
    for (; at > 0 && begins[at - 1]! > offset; at--);
    for (const column of [firsts, lasts, begins, ends]) column.copyWithin(at + 1, at, count)
    firsts[at] = first
    lasts[at] = last
    begins[at] = offset
    ends[at] = offset + size
    offsets.set(key, offset)
    bytes = Math.max(bytes, offset + size)
  }
  return { bytes, offsets }
}
