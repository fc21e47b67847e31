import { createRequire } from 'node:module'
import * as Plot from '@observablehq/plot'
import { Resvg } from '@resvg/resvg-js'
import { parseHTML } from 'linkedom'

/** Paths of particles in one panel: [particle][time][x, y], from noise to data. */
export interface Panel {
  row: string
  column: string
  paths: number[][][]
}

const FONT = 'DejaVu Sans'

/** One panel per row and column, as an SVG document. */
export function drawPanels(panels: readonly Panel[]): string {
  const lines = panels.flatMap(({ row, column, paths }) =>
    paths.flatMap((path, particle) =>
      path.map(([x, y], i) => ({
        row,
        column,
        x,
        y,
        particle: `${row} ${column} ${particle}`,
        last: i + 1 === path.length,
        first: i === 0,
      })),
    ),
  )
  const { document } = parseHTML('<!doctype html><body></body>')
  const rows = [...new Set(panels.map(panel => panel.row))]
  const facets = { clip: 'frame' as const, fx: 'column', fy: 'row', x: 'x', y: 'y' }
  const svg = Plot.plot({
    document: document as unknown as Document,
    width: 900,
    height: 40 + 262 * rows.length,
    marginRight: 130,
    marginTop: 30,
    style: { fontFamily: FONT, fontSize: '13px', background: 'white' },
    fx: { label: null, axis: 'top', domain: [...new Set(panels.map(panel => panel.column))] },
    fy: { label: null, axis: 'right', domain: rows },
    x: { domain: [-3.2, 3.2], axis: null },
    y: { domain: [-3.2, 3.2], axis: null },
    marks: [
      Plot.frame({ stroke: '#ddd' }),
      Plot.line(lines, { ...facets, z: 'particle', stroke: '#3d7ea6', strokeWidth: 0.8, strokeOpacity: 0.5 }),
      Plot.dot(
        lines.filter(point => point.first),
        { ...facets, r: 1.4, fill: '#999' },
      ),
      Plot.dot(
        lines.filter(point => point.last),
        { ...facets, r: 1.8, fill: '#d1495b' },
      ),
    ],
  })
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return svg.outerHTML
}

/** The same picture in pixels. */
export function toPng(svg: string): Uint8Array {
  const font = createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')
  const options = { fontFiles: [font], loadSystemFonts: false, defaultFontFamily: FONT }
  return new Resvg(svg, { font: options, fitTo: { mode: 'zoom', value: 1.5 } }).render().asPng()
}
