/**
 * How far points of the plane are from a distribution: sqrt(2 E|a - b| - E|a - a'| - E|b - b'|), 0 where they are of it.
 *
 * @param b  points of the distribution, x and y in turn
 * @returns  the distance of points a to it
 * @see Székely, Rizzo, Energy statistics, Journal of Statistical Planning and Inference, 2013
 */
export function energyDistanceTo(b: Float32Array): (a: Float32Array) => number {
  const own = meanDistance(b, b)
  return a => Math.sqrt(Math.max(0, 2 * meanDistance(a, b) - meanDistance(a, a) - own))
}

/** Over all pairs of different points: a set's own points at distance 0 from themselves don't count. */
function meanDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i += 2) {
    const [x, y] = [a[i] as number, a[i + 1] as number]
    for (let j = 0; j < b.length; j += 2) {
      const [dx, dy] = [x - (b[j] as number), y - (b[j + 1] as number)]
      sum += Math.sqrt(dx * dx + dy * dy) // Math.hypot is ten times slower
    }
  }
  const [n, m] = [a.length / 2, b.length / 2]
  return sum / (a === b ? n * (n - 1) : n * m)
}
