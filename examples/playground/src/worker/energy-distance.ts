/**
 * The energy distance of points of the plane to a distribution, 0 where the points come from it:
 *
 *   sqrt(2 E|a - b| - E|a - a'| - E|b - b'|)
 *
 * @param b  points of the distribution, x and y in turn
 * @returns  a function from points a to their distance
 * @see Székely, Rizzo, Energy statistics, Journal of Statistical Planning and Inference, 2013
 */
export function energyDistanceTo(b: Float32Array): (a: Float32Array) => number {
  const own = meanDistance(b, b)
  return a => Math.sqrt(Math.max(0, 2 * meanDistance(a, b) - meanDistance(a, a) - own))
}

/** The mean distance over all pairs of different points. A point's distance to itself, which is 0, doesn't count. */
function meanDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i += 2) {
    const [x, y] = [a[i]!, a[i + 1]!]
    for (let j = 0; j < b.length; j += 2) {
      const [dx, dy] = [x - b[j]!, y - b[j + 1]!]
      sum += Math.sqrt(dx * dx + dy * dy) // Math.hypot is ten times slower
    }
  }
  const [n, m] = [a.length / 2, b.length / 2]
  return sum / (a === b ? n * (n - 1) : n * m)
}
