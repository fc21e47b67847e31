/**
 * Undo the filter of one line of a PNG, in place. The byte before the line names the filter, which predicts each byte from
 * those to its left (a), above (b) and above left (c).
 *
 * @param start  where the line begins in `data`
 * @param step   bytes from a byte to the same byte of the pixel at its left, at least 1
 * @param first  true for the first line of a pass: the bytes above are 0
 * @see W3C, Portable Network Graphics (PNG) Specification, section 9
 */
export function unfilter(
  data: Uint8Array,
  { start, length, step, first }: { start: number; length: number; step: number; first: boolean },
): void {
  const up = length + 1
  const above = (i: number) => (first ? 0 : data[i - up]!)
  const end = start + length
  const filter = data[start - 1]!
  if (filter > 4) throw new Error(`the filter of a line is ${filter}`)
  if (filter === 1) for (let i = start + step; i < end; i++) data[i]! += data[i - step]!
  if (filter === 2 && !first) for (let i = start; i < end; i++) data[i]! += data[i - up]!
  if (filter < 3) return
  for (let i = start; i < end; i++) {
    const inside = i - start >= step
    const a = inside ? data[i - step]! : 0
    const b = above(i)
    data[i]! += filter === 3 ? (a + b) >> 1 : paeth(a, b, inside ? above(i - step) : 0)
  }
}

/** The one of the three that is nearest to a + b - c; in a tie, the first of them. */
function paeth(a: number, b: number, c: number): number {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)]
  if (pa <= pb && pa <= pc) return a
  return pb <= pc ? b : c
}
