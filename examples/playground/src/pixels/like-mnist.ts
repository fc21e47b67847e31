/** MNIST's digits fit a box of 20x20 in 28x28, with their centre of mass in the middle. */
const SIDE = 28
const BOX = 20
/** Ink below this is no part of the drawing. */
const FAINTEST = 0.1
/** Each pixel is the mean of this many samples across and down, which softens its edges. */
const SAMPLES = 4

/**
 * A drawing as MNIST prepares its digits: scaled until it fits the box, softened, its centre of mass in the middle.
 *
 * @param ink  [28,28] in [0,1]
 * @returns    [28,28] in [0,1], or undefined where there is no ink
 * @see LeCun, Cortes, Burges, The MNIST database of handwritten digits
 */
export function likeMnist(ink: Float32Array): Float32Array | undefined {
  const cells = [...ink.entries()].filter(([, level]) => level > FAINTEST)
  if (cells.length === 0) return undefined
  const [columns, rows] = [cells.map(([i]) => i % SIDE), cells.map(([i]) => Math.floor(i / SIDE))]
  const extent = (values: number[]) => 1 + Math.max(...values) - Math.min(...values)
  const scale = BOX / Math.max(extent(columns), extent(rows))
  const mass = cells.reduce((sum, [, level]) => sum + level, 0)
  const centre = (values: number[]) =>
    0.5 + cells.reduce((sum, [, level], i) => sum + level * values[i]!, 0) / mass
  const [x, y] = [centre(columns), centre(rows)]

  const at = (i: number, k: number) => (i + (k + 0.5) / SAMPLES - SIDE / 2) / scale
  return Float32Array.from(ink, (_, i) => {
    let sum = 0
    for (let down = 0; down < SAMPLES; down++)
      for (let across = 0; across < SAMPLES; across++)
        sum += levelAt(ink, x + at(i % SIDE, across), y + at(Math.floor(i / SIDE), down))
    return sum / SAMPLES ** 2
  })
}

/** Each pixel the mean of 2x2: [28,28] to [14,14]. */
export function halved(image: Float32Array): Float32Array {
  const half = SIDE / 2
  return Float32Array.from({ length: half ** 2 }, (_, i) => {
    const first = 2 * SIDE * Math.floor(i / half) + 2 * (i % half)
    return [0, 1, SIDE, SIDE + 1].reduce((sum, next) => sum + image[first + next]! / 4, 0)
  })
}

/** The ink between the middles of cells, by their distances. */
function levelAt(ink: Float32Array, x: number, y: number): number {
  const [column, row] = [Math.floor(x - 0.5), Math.floor(y - 0.5)]
  const [right, down] = [x - 0.5 - column, y - 0.5 - row]
  const cell = (c: number, r: number) => (c < 0 || r < 0 || c >= SIDE || r >= SIDE ? 0 : ink[r * SIDE + c]!)
  const top = (1 - right) * cell(column, row) + right * cell(column + 1, row)
  const bottom = (1 - right) * cell(column, row + 1) + right * cell(column + 1, row + 1)
  return (1 - down) * top + down * bottom
}
