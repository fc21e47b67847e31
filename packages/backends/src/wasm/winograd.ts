import type { WasmBackend } from './backend.js'
import type { Convolution } from './nhwc-convolution.js'
import { APART, sumPanelProducts } from './panels.js'
import { runUnits, threadsOf, withScratch } from './simd.js'

/**
 * Whether tiles pay, with 36 products for 4x4 pixels instead of 9 for each pixel, but sums before and after them, and the filter
 * to be transformed. It depends on a sample's shape, not on the batch.
 */
export function tilesPay(
  conv: Pick<Convolution, 'filterShape' | 'strides' | 'inShape' | 'outShape'>,
): boolean {
  const { filterShape, strides = [1, 1], inShape, outShape } = conv
  const [inputs, outputs] = [inShape[3]!, outShape[3]!]
  const [, height, width] = outShape as [number, number, number, number]
  const applies = [...filterShape, ...strides].join() === '3,3,1,1' && inputs % 4 === 0 && outputs % 4 === 0
  const tiles = tilesOf(height, width)
  return applies && inputs >= 16 && outputs >= 16 && tiles >= 4 && 36 * tiles < 6 * height * width
}

const tilesOf = (height: number, width: number) => Math.ceil(height / 4) * Math.ceil(width / 4)

/** Floats for the 36 positions of each of `tiles` tiles; positions are 16 floats apart, see APART in assembly/. */
const positionFloats = (tiles: number, inputs: number, outputs: number) =>
  36 * (tiles * (inputs + 8 * Math.ceil(outputs / 8)) + 32)

/**
 * How many tiles, and how many panels of 8 outputs, are a unit of work: at most 32 tiles, whose numbers stay in a core's cache.
 * If that makes too few units for the threads, they have fewer panels, but not below 8, or else fewer tiles.
 */
function unitSizes(backend: WasmBackend, tiles: number, panels: number) {
  const wanted = 4 * threadsOf(backend)
  const groups = Math.min(Math.ceil(panels / 8), Math.ceil(wanted / Math.ceil(tiles / 32)))
  const unitTiles = 4 * Math.min(8, Math.ceil((tiles * groups) / (4 * wanted)))
  return { unitTiles, unitPanels: Math.ceil(panels / groups) }
}

/** A convolution for which tilesPay; `packed` is its filter by packFilter. */
export function convolveTiles(backend: WasmBackend, conv: Convolution, packed: number): void {
  const [, height, width, inputs] = conv.inShape as [number, number, number, number]
  const [batch, outHeight, outWidth, outputs] = conv.outShape as [number, number, number, number]
  const { x, y, top = 0, left = 0 } = conv
  const panels = Math.ceil(outputs / 8)
  const tiles = batch * tilesOf(outHeight, outWidth)
  const { unitTiles, unitPanels } = unitSizes(backend, tiles, panels)
  const filterFloats = 8 * (36 * (inputs + 2) + 1)
  const run = (filter: number, ownFloats: number) => {
    const floats = positionFloats(unitTiles, inputs, 8 * unitPanels) + unitTiles + 296 + ownFloats
    withScratch(backend, floats, threadsOf(backend), (scratch, step) => {
      const units = Math.ceil(tiles / unitTiles) * Math.ceil(panels / unitPanels)
      const work = { units, operations: 36 * tiles * outputs * inputs }
      const sizes = [height, width, inputs, outHeight, outWidth, outputs, top, left]
      const values = [x, filter, y, scratch, step, ...sizes, tiles, unitTiles, unitPanels]
      runUnits(backend, 'winograd', work, values)
    })
  }
  if (tiles <= unitTiles) run(packed, filterFloats)
  else
    withScratch(backend, panels * filterFloats, 1, filter => {
      withScratch(backend, 72, threadsOf(backend), (scratch, step) => {
        const work = { units: panels, operations: 6 * panels * filterFloats }
        runUnits(backend, 'winogradFilter', work, [packed, filter, scratch, step, inputs])
      })
      run(filter, 0)
    })
}

/** How many tiles' products are summed in registers. It sets the order of the sums, so it doesn't depend on threads. */
const SUMMED = 256

/** Gradient with respect to the filter, into dw, of a convolution for which tilesPay. */
export function filterGradientByTiles(
  backend: WasmBackend,
  { x, dy, dw }: { x: number; dy: number; dw: number },
  { inShape, outShape, top, left }: { inShape: number[]; outShape: number[]; top: number; left: number },
): void {
  const [batch, height, width, inputs] = inShape as [number, number, number, number]
  const [, outHeight, outWidth, outputs] = outShape as [number, number, number, number]
  const all = batch * tilesOf(outHeight, outWidth)
  const sizes = [height, width, inputs, outHeight, outWidth, outputs, top, left]
  const sums = 36 * inputs * outputs
  withScratch(backend, sums + positionFloats(Math.min(all, SUMMED), inputs, outputs), 1, out => {
    const panels = out + 4 * sums
    withScratch(backend, 288, threadsOf(backend), (scratch, step) => {
      for (let start = 0; start < all; start += SUMMED) {
        const tiles = Math.min(SUMMED, all - start)
        const panelsOf = (at: number, channels: number, lanes: number) => {
          const panelStep = 4 * lanes * tiles
          return { at, panelStep, batchStep: panelStep * Math.ceil(channels / lanes) + APART }
        }
        const xs = panelsOf(panels, inputs, 4)
        const dys = panelsOf(panels + 36 * xs.batchStep, outputs, 8)
        const places = [x, dy, xs.at, xs.batchStep, dys.at, dys.batchStep, scratch, step]
        const work = { units: tiles, operations: 72 * tiles * (inputs + outputs) }
        runUnits(backend, 'winogradGradientTiles', work, [...places, ...sizes, start, tiles])
        sumPanelProducts(
          backend,
          { x: xs, y: dys, out },
          { batches: 36, rows: tiles, m: inputs, n: outputs, add: start > 0 },
        )
      }
      const work = { units: inputs, operations: 200 * inputs * outputs }
      runUnits(backend, 'winogradGradientFilter', work, [out, dw, scratch, step, inputs, outputs])
    })
  })
}
