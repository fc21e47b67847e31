import { canvas } from '../dom.js'
import { latest } from '../rpc.js'
import type { Manner } from '../worker/pixels/messages.js'
import type { Crew } from './crew.js'
import type { Cast } from './digit-networks.js'
import { joined } from './latent.js'
import { paintImages, sizeForImages } from './paint-images.js'

/** Images along a side of the map. */
const COLUMNS = 9

export interface MapOptions {
  cast: () => Cast
  noiseAt: (place: { x: number; y: number }) => Float32Array
  /** Whether a noise is of the network in use. */
  fits: (noise: Float32Array) => boolean
  manner: (count: number) => Manner
  /** Told the mean of the milliseconds that an image of the map took. */
  onSpeed: (ms: number) => void
}

/** The map: what the student draws in one call at each place, row by row. A new map ends one that is still being drawn. */
export function digitMap(
  crew: Crew,
  { cast, noiseAt, fits, manner, onSpeed }: MapOptions,
): { draw(): void; paint(): void } {
  let rows: Float32Array[] = []
  let turn = 0

  const grid = () => ({ ...cast().facts, columns: COLUMNS, rows: COLUMNS })
  const paintRow = (row: number) => paintImages(canvas('map'), rows[row]!, grid(), row * COLUMNS)

  const drawRows = latest(async () => {
    const begun = turn
    rows = []
    let spent = 0
    const at = (i: number) => (i + 0.5) / COLUMNS
    sizeForImages(canvas('map'), grid())
    for (let row = 0; row < COLUMNS && begun === turn; row++) {
      const noises = Array.from({ length: COLUMNS }, (_, i) => noiseAt({ x: at(i), y: at(row) }))
      if (!noises.every(fits)) return
      const { values, ms } = await crew.slow.draw(cast().student, joined(noises), manner(COLUMNS))
      if (begun !== turn) return
      rows[row] = values
      paintRow(row)
      if (row > 0) spent += ms // the first row warms up
    }
    if (begun === turn) onSpeed(spent / (COLUMNS * (COLUMNS - 1)))
  })
  return {
    draw() {
      turn++
      drawRows()
    },
    paint: () => rows.forEach((_, row) => void paintRow(row)),
  }
}
