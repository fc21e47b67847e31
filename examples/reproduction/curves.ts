import { createRequire } from 'node:module'
import * as Plot from '@observablehq/plot'
import { Resvg } from '@resvg/resvg-js'
import { parseHTML } from 'linkedom'
import type { Results } from './results.js'
import type { RowName } from './rows.js'
import type { Settings } from './settings.js'
import { estimate } from './statistics.js'

const FONT = 'DejaVu Sans'

/** A PNG: distance against steps of training for every row, one panel per number of network calls. */
export function drawCurves(results: Results, { curve }: Settings): Uint8Array {
  const points = [1, 2].flatMap(calls =>
    [...results].flatMap(([row, seeds]) =>
      curve.flatMap(step => {
        const values = seeds.flatMap(({ curve, frechet }) => (curve[step] ?? (row in LAST ? [] : frechet))[calls as never] ?? []) // biome-ignore format: one line
        if (values.length === 0) return []
        return [{ row, step, distance: estimate(values).mean, calls: `${calls} network call${calls === 1 ? '' : 's'}` }] // biome-ignore format: one line
      }),
    ),
  )
  const { document } = parseHTML('<!doctype html><body></body>')
  const svg = Plot.plot({
    document: document as unknown as Document,
    width: 960,
    height: 420,
    marginLeft: 50,
    marginBottom: 48,
    insetRight: 36,
    style: { fontFamily: FONT, fontSize: '13px', background: 'white' },
    fx: { label: null, axis: 'top' },
    x: { type: 'log', label: 'steps of training', labelOffset: 40, ticks: [...curve], tickFormat: 'd' },
    y: { type: 'log', label: 'Fréchet distance', grid: true, ticks: 6, tickFormat: 'd' },
    marks: [
      Plot.frame({ stroke: '#ddd' }),
      Plot.line(points, { fx: 'calls', x: 'step', y: 'distance', stroke: 'row', strokeWidth: 2 }),
      Plot.dot(points, { fx: 'calls', x: 'step', y: 'distance', fill: 'row', r: 3 }),
      Plot.text(
        points.filter(point => point.step === curve.at(-1)),
        { fx: 'calls', x: 'step', y: 'distance', text: 'row', fill: 'row', dx: 10, textAnchor: 'start' },
      ),
    ],
  })
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  const fonts = createRequire(import.meta.url)
  const fontFiles = ['DejaVuSans.ttf'].map(name => fonts.resolve(`dejavu-fonts-ttf/ttf/${name}`))
  return new Resvg(svg.outerHTML, {
    font: { fontFiles, loadSystemFonts: false, defaultFontFamily: FONT },
    fitTo: { mode: 'zoom', value: 1.5 },
  })
    .render()
    .asPng()
}

/** Rows without a curve of their own: they take few steps from another row. */
const LAST: Partial<Record<RowName, true>> = { teacher: true, G: true, F2: true }
