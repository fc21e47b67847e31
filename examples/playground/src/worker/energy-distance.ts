/** An estimate of a squared energy distance. Without bias, so it may be a little below 0; `deviation` is its standard error. */
export interface Distance {
  square: number
  deviation: number
}

/** Evenly spread directions: sums of absolute projections on 24 are lengths to within 0.3 %. */
const DIRECTIONS = Array.from({ length: 24 }, (_, k) => (Math.PI * (k + 0.5)) / 24)
/** The points are measured in as many parts, whose spread tells how exact the estimate is. */
const PARTS = 8

/**
 * The squared energy distance of points of the plane to a distribution, 0 where the points come from it:
 *
 *   2 E|a - b| - E|a - a'| - E|b - b'|
 *
 * The length of a vector is pi/2 times the mean length of its projections. On a line, sorting gives all differences at once, so
 * that many points can be compared.
 *
 * @param b  points of the distribution, x and y in turn
 * @returns  a function from points a, x and y in turn, to their distance
 * @see Székely, Rizzo, Energy statistics, Journal of Statistical Planning and Inference, 2013
 */
export function energyDistanceTo(b: Float32Array): (a: Float32Array) => Distance {
  const lines = DIRECTIONS.map(angle => sortedLine(project(b, angle)))
  return a => {
    const size = 2 * Math.floor(a.length / 2 / PARTS)
    const squares = Array.from({ length: PARTS }, (_, part) => {
      const points = a.subarray(part * size, (part + 1) * size)
      const sum = lines.reduce((total, line, k) => {
        const own = project(points, DIRECTIONS[k]!)
        return total + 2 * line.meanTo(own) - line.spread - sortedLine(own).spread
      }, 0)
      return ((Math.PI / 2) * sum) / lines.length
    })
    const square = squares.reduce((sum, value) => sum + value, 0) / PARTS
    const variance = squares.reduce((sum, value) => sum + (value - square) ** 2, 0) / (PARTS - 1)
    return { square, deviation: Math.sqrt(variance / PARTS) }
  }
}

/** The points' places along a direction, sorted. */
function project(points: Float32Array, angle: number): Float64Array {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  return Float64Array.from(
    { length: points.length / 2 },
    (_, i) => cos * points[2 * i]! + sin * points[2 * i + 1]!,
  ).sort()
}

/** Mean differences on a line of sorted numbers: between two of them, and to other sorted numbers. */
function sortedLine(values: Float64Array): { spread: number; meanTo(others: Float64Array): number } {
  const n = values.length
  const sums = new Float64Array(n + 1)
  let spread = 0
  for (let i = 0; i < n; i++) {
    sums[i + 1] = sums[i]! + values[i]!
    spread += (2 * i - n + 1) * values[i]!
  }
  return {
    spread: (2 * spread) / (n * (n - 1)),
    meanTo(others) {
      let [sum, below] = [0, 0]
      for (const place of others) {
        while (below < n && values[below]! < place) below++
        sum += place * (2 * below - n) + sums[n]! - 2 * sums[below]!
      }
      return sum / (n * others.length)
    },
  }
}
