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
  return applies && inputs >= 16 && outputs >= 16 && height * width >= 16 && 36 * tiles < 6 * height * width
}

const tilesOf = (height: number, width: number) => Math.ceil(height / 4) * Math.ceil(width / 4)

/** Floats for the 36 positions of each of `tiles` tiles; positions are 16 floats apart, see APART in assembly/. */
const positionFloats = (tiles: number, inputs: number, outputs: number) =>
  36 * (tiles * 8 * (Math.ceil(inputs / 8) + Math.ceil(outputs / 8)) + 32)

// As in assembly/winograd-filter.ts.
const chunkOf = (inputs: number, here: boolean) => Math.min(inputs, here ? 64 : 128)
const halfWork = (chunk: number) => 4 + 72 * chunk + 18 * positionOf(chunk)
/** Floats of one of the 36 positions of a panel's transformed filter for a chunk of inputs. */
const positionOf = (chunk: number) => 8 * chunk + 16

/** At most as many tiles are a unit of work; the numbers of so many stay in a core's cache. */
const MOST_TILES = 32

/**
 * How many tiles, and how many panels of 8 outputs, are a unit of work. If that makes too few units for the threads, they have
 * fewer panels, but not below 8, or else fewer tiles. Where all tiles are in one unit, it transforms its part of the filter,
 * which must stay in the cache too.
 */
function unitSizes(backend: WasmBackend, tiles: number, panels: number) {
  if (tiles <= MOST_TILES) {
    const unitPanels = Math.min(8, Math.ceil(panels / (2 * threadsOf(backend))))
    return { unitTiles: 4 * Math.ceil(tiles / 4), unitPanels }
  }
  const wanted = 4 * threadsOf(backend)
  const groups = Math.min(Math.ceil(panels / 8), Math.ceil(wanted / Math.ceil(tiles / MOST_TILES)))
  const unitTiles = 4 * Math.min(MOST_TILES / 4, Math.ceil((tiles * groups) / (4 * wanted)))
  return { unitTiles, unitPanels: Math.ceil(panels / groups) }
}

/** A convolution for which tilesPay. */
export function convolveTiles(backend: WasmBackend, conv: Convolution): void {
  const [, height, width, inputs] = conv.inShape as [number, number, number, number]
  const [batch, outHeight, outWidth, outputs] = conv.outShape as [number, number, number, number]
  const { x, y, bias = 0, skip = 0, scale = 1, top = 0, left = 0, turned = false } = conv
  const panels = Math.ceil(outputs / 8)
  const tiles = batch * tilesOf(outHeight, outWidth)
  const { unitTiles, unitPanels } = unitSizes(backend, tiles, panels)
  const run = (filter: number, ownFloats: number) => {
    const floats = positionFloats(unitTiles, inputs, 8 * unitPanels) + unitTiles + 600 + ownFloats
    withScratch(backend, floats, threadsOf(backend), (scratch, step) => {
      const units = Math.ceil(tiles / unitTiles) * Math.ceil(panels / unitPanels)
      const work = { units, operations: 36 * tiles * outputs * inputs }
      const sizes = [height, width, inputs, outHeight, outWidth, outputs, top, left]
      const places = [x, filter, turned, bias, skip, scale, y, scratch, step]
      const values = [...places, ...sizes, tiles, unitTiles, unitPanels]
      runUnits(backend, 'winograd', work, values)
    })
  }
  const chunk = chunkOf(inputs, true)
  if (tiles <= unitTiles) run(conv.filter, 2 * (halfWork(chunk) + 6 * positionOf(chunk)))
  else withTransformedFilter(backend, conv, filter => run(filter, 0))
}

function withTransformedFilter(
  backend: WasmBackend,
  conv: Convolution,
  body: (filter: number) => void,
): void {
  const [inputs, outputs] = [conv.inShape[3]!, conv.outShape[3]!]
  const panels = Math.ceil(outputs / 8)
  const chunk = chunkOf(inputs, false)
  const floats = panels * Math.ceil(inputs / chunk) * 36 * positionOf(chunk)
  withScratch(backend, floats, 1, transformed => {
    withScratch(backend, 16 + halfWork(chunk), threadsOf(backend), (scratch, step) => {
      const work = { units: panels, operations: 6 * floats }
      const values = [conv.filter, conv.turned ?? false, transformed, scratch, step, inputs, outputs]
      runUnits(backend, 'winogradFilter', work, values)
    })
    body(transformed)
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
    withScratch(backend, 592, threadsOf(backend), (scratch, step) => {
      for (let start = 0; start < all; start += SUMMED) {
        const tiles = Math.min(SUMMED, all - start)
        const panelStep = 32 * tiles
        const panelsOf = (at: number, channels: number) => ({
          at,
          panelStep,
          batchStep: panelStep * Math.ceil(channels / 8) + APART,
        })
        const xs = panelsOf(panels, inputs)
        const dys = panelsOf(panels + 36 * xs.batchStep, outputs)
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
