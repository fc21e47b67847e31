import { createRequire } from 'node:module'
import * as Plot from '@observablehq/plot'
import { Resvg } from '@resvg/resvg-js'
import { parseHTML } from 'linkedom'
import type { Results } from './results.js'
import { type RowName, TRAININGS } from './rows.js'
import type { Settings } from './settings.js'
import { estimate } from './statistics.js'

const FONT = 'DejaVu Sans'

/** The least ratio of two neighbouring labels' heights on the logarithmic axis. */
const LABEL_GAP = 1.085

/** A PNG: distance against steps of training for every row with the teacher's weights, one panel per number of network calls. */
export function drawCurves(results: Results, { curve }: Settings): Uint8Array {
  const points = [1, 2].flatMap(calls =>
    [...results]
      .filter(([row]) => isDrawn(row))
      .flatMap(([row, seeds]) =>
        curve.flatMap(step => {
          const values = seeds.flatMap(({ curve, frechet }) => (curve[step] ?? frechet)[calls as never] ?? []) // biome-ignore format: one line
          if (values.length === 0) return []
          return [{ row, step, distance: estimate(values).mean, calls: `${calls} network call${calls === 1 ? '' : 's'}` }] // biome-ignore format: one line
        }),
      ),
  )
  const { document } = parseHTML('<!doctype html><body></body>')
  const svg = Plot.plot({
    document: document as unknown as Document,
    width: 960,
    height: 440,
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
      Plot.text(apart(points.filter(point => point.step === curve.at(-1))), {
        ...{ fx: 'calls', x: 'step', y: 'height', text: 'row', fill: 'row', dx: 10, textAnchor: 'start' },
      }),
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

/** Rows that begin with another row's weights take few steps and have no curve; one with random weights is far off the others. */
const isDrawn = (row: RowName) =>
  row !== 'teacher' && !TRAININGS[row].short && TRAININGS[row].start !== 'random'

/** Labels at the height of their values, but far enough from each other to be read. */
function apart<P extends { calls: string; distance: number }>(
  points: readonly P[],
): (P & { height: number })[] {
  const heights = new Map<string, number>()
  return [...points]
    .sort((a, b) => a.distance - b.distance)
    .map(point => {
      const below = heights.get(point.calls) ?? 0
      const height = Math.max(point.distance, below * LABEL_GAP)
      heights.set(point.calls, height)
      return { ...point, height }
    })
}
